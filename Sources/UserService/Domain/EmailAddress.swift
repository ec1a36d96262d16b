/// An e-mail address in the one form that is stored and compared: lower case.
///
/// Accepted is what mail systems deliver to in practice: a dot-atom (RFC 5322 §3.2.3) before the `@` and a host name of at
/// least two labels (RFC 1123 §2.1) after it, within the lengths of RFC 5321 §4.5.3.1. Quoted local parts, address
/// literals and letters outside ASCII are refused: two addresses that look alike are then never two users.
struct EmailAddress: Sendable, Hashable {
    /// The address, lower case. It is personal data: not for logs.
    let exposed: String

    /// Reads an address.
    /// - Returns: nil when it is not one.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 254, let at = bytes.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        let local = bytes[..<at]
        let host = bytes[(at + 1)...]
        guard Self.isLocalPart(local), host.count <= 253, Self.isHostName(host) else { return nil }
        exposed = String(decoding: bytes.map(Self.lowered), as: UTF8.self)
    }

    private static func isLocalPart(_ bytes: ArraySlice<UInt8>) -> Bool {
        let atoms = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return bytes.count <= 64 && atoms.allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomText) }
    }

    private static func isHostName(_ bytes: ArraySlice<UInt8>) -> Bool {
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // A top-level domain is never all digits; what ends in one is an IP address.
        guard labels.count >= 2, let top = labels.last, !top.allSatisfy(isDigit) else { return false }
        return labels.allSatisfy(isLabel)
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == hyphen }
    }

    private static func isAtomText(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowered(byte))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension EmailAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[e-mail]`, so that an address cannot reach a log by interpolation.
    var description: String { "[e-mail]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
