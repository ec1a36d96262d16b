/// What an owner calls an account: 1 to 64 Unicode scalars on one line, without white space at its ends and without
/// characters that control how text is shown.
struct AccountName: Sendable, Hashable {
    /// How many Unicode scalars a name may have.
    static let length = 1...64

    let text: String

    /// Returns nil when `text` breaks a rule. It is refused rather than mended: what is read back is what was written.
    init?(_ text: String) {
        let scalars = text.unicodeScalars
        guard Self.length.contains(scalars.count), let first = scalars.first, let last = scalars.last,
            !first.properties.isWhitespace, !last.properties.isWhitespace, scalars.allSatisfy(Self.isAllowed)
        else { return nil }
        self.text = text
    }

    /// A name as it was stored.
    init(stored text: String) { self.text = text }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        // Marks of the writing direction make one name look like another. The joiners are part of emoji and scripts.
        case .format: scalar.value == 0x200C || scalar.value == 0x200D
        default: true
        }
    }
}
