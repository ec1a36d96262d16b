/// What a user wants to be called: 1–100 Unicode scalars in NFC, without white space at its ends and without control
/// characters, so that one name is one line wherever it is shown.
struct DisplayName: Sendable, Hashable {
    /// How many Unicode scalars a name may have.
    static let length = 1...100

    /// The name.
    let text: String

    /// Reads a name; white space at its ends is taken off.
    /// - Returns: nil when nothing is left, when it is too long, or when it holds a control character or line break.
    init?(_ given: String) {
        let scalars = given.normalisedC.unicodeScalars
        let tail = scalars.drop(while: \.properties.isWhitespace)
        guard let end = tail.lastIndex(where: { !$0.properties.isWhitespace }) else { return nil }
        let name = tail[...end]
        guard Self.length.contains(name.count), name.allSatisfy(Self.isAllowed) else { return nil }
        text = String(name)
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        // Overrides of the writing direction make one name look like another.
        case .format: !(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value)
        default: true
        }
    }
}
