/// The value of an `Idempotency-Key` field: the caller's name for one operation.
///
/// The field is a Structured Fields string (draft-ietf-httpapi-idempotency-key-header, RFC 9651 §3.3.3); most clients
/// send it without the quotes, so a bare value is taken as well and means the same key.
struct IdempotencyKey: Sendable, Hashable {
    /// Longest key, in characters, without quotes and escapes.
    static let maximumLength = 128

    let value: String

    /// Returns nil when the field is not one well-formed key of 1 to 128 characters. Repeated fields arrive joined
    /// by a comma, which no bare key may contain.
    init?(field: String) {
        var bytes = Array(field.utf8)[...]
        while let first = bytes.first, first == UInt8(ascii: " ") { bytes.removeFirst() }
        while let last = bytes.last, last == UInt8(ascii: " ") { bytes.removeLast() }
        let content = bytes.first == UInt8(ascii: "\"") ? Self.quoted(bytes) : Self.bare(bytes)
        guard let content, (1...Self.maximumLength).contains(content.count) else { return nil }
        value = String(decoding: content, as: UTF8.self)
    }

    /// Visible ASCII without the delimiters of structured fields.
    private static func bare(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        let allowed = bytes.allSatisfy { byte in
            (0x21...0x7E).contains(byte) && !#"",;\"#.utf8.contains(byte)
        }
        return allowed ? Array(bytes) : nil
    }

    /// RFC 9651 §4.2.5: only `\"` and `\\` are escapes, only printable ASCII is content.
    private static func quoted(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var content: [UInt8] = []
        var rest = bytes.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                return rest.isEmpty ? content : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), #""\"#.utf8.contains(escaped) else { return nil }
                content.append(escaped)
            case 0x20...0x7E:
                content.append(byte)
            default:
                return nil
            }
        }
        return nil
    }
}
