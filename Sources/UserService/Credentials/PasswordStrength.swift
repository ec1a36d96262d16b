/// A hint how hard a password is to guess: a rough estimate from its length and variety, for a bar beside the field.
/// Nothing is decided by it.
enum PasswordStrength: Int, Sendable, CaseIterable, Comparable {
    /// Refused.
    case refused
    case weak
    case fair
    case good
    case strong

    /// For people.
    var hint: String {
        switch self {
        case .refused: "Choose something that nobody would try first."
        case .weak: "Make it longer: three or four words that have nothing to do with each other are easy to remember."
        case .fair: "Good enough with a second factor; longer is stronger."
        case .good: "Good."
        case .strong: "Strong."
        }
    }

    /// The estimate for a password that is not refused.
    init(_ text: String) {
        let scalars = Array(text.normalisedC.unicodeScalars)
        let bits = Self.surprises(scalars) * Self.bitsPerCharacter(scalars) / 10
        switch bits {
        case ..<40: self = .weak
        case ..<60: self = .fair
        case ..<80: self = .good
        default: self = .strong
        }
    }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Characters that do not follow from the one or two before them: in `aaaa`, `1234` and `abab` few do.
    private static func surprises(_ scalars: [Unicode.Scalar]) -> Int {
        var count = 0
        for (index, scalar) in scalars.enumerated() {
            let before = index > 0 ? Int(scalars[index - 1].value) : -9
            let isStep = abs(Int(scalar.value) - before) <= 1
            let isRepeated = index > 1 && scalars[index - 2] == scalar
            if !isStep && !isRepeated { count += 1 }
        }
        return count
    }

    /// Tenths of a bit: of the set that the characters seem to be drawn from, and less where they are letters of one
    /// kind, which come in words.
    private static func bitsPerCharacter(_ scalars: [Unicode.Scalar]) -> Int {
        var kinds: Set<Int> = []
        for scalar in scalars {
            switch scalar.value {
            case 0x61...0x7A: kinds.insert(0)
            case 0x41...0x5A: kinds.insert(1)
            case 0x30...0x39: kinds.insert(2)
            case 0x20...0x7E: kinds.insert(3)
            default: kinds.insert(4)
            }
        }
        return [0, 30, 42, 52, 58, 62][kinds.count]
    }
}
