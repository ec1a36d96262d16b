/// A password as it is hashed: NFC (RFC 8265 §4.2.2), UTF-8. It never shows itself.
struct Password: Sendable {
    /// How many Unicode scalars a password may have, after normalisation. There are no other rules: length is what
    /// protects, composition rules do not (NIST SP 800-63B §5.1.1.2).
    static let length = 8...256

    /// The bytes to hash; never empty, because the hash function takes no empty input.
    let bytes: [UInt8]

    /// A password that somebody chooses.
    /// - Returns: nil when it is too short or too long.
    init?(chosen text: String) {
        let normalised = text.normalisedC
        guard Self.length.contains(normalised.unicodeScalars.count) else { return nil }
        bytes = Array(normalised.utf8)
    }

    /// A password that somebody gives to log in. Any text but "" is taken: whether it could have been chosen is not told
    /// apart from being wrong.
    init?(given text: String) {
        guard !text.isEmpty else { return nil }
        bytes = Array(text.normalisedC.utf8)
    }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[password]`.
    var description: String { "[password]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
