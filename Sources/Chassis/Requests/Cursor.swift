public import HTTP
import HTTPTypes

/// A position in a list, opaque to clients: base64url of a kind and the key of the last row they saw.
///
/// The kind names the list (and its filters, when they change the order): a cursor of one list is refused by another.
/// It carries no authority, every query is still limited to what the caller may see, so it needs no signature; its
/// shape is checked to the byte instead.
public struct Cursor: Sendable, Equatable {
    private static let version: UInt8 = 1

    /// The list, such as `payments`; at most 32 bytes.
    public let kind: String
    /// The key of the last row, such as an id; 1 to 256 bytes.
    public let key: String

    /// The position after the row `key` of the list `kind`.
    public init(kind: String, key: String) {
        self.kind = kind
        self.key = key
    }

    /// The text for `next_cursor`.
    public var text: String {
        Base64URL.encode(
            [Self.version, UInt8(truncatingIfNeeded: kind.utf8.count)] + Array(kind.utf8) + Array(key.utf8))
    }

    /// Reads a `?cursor=` of the list `kind`.
    /// - Throws: ``Problem`` 400 `invalid_cursor`.
    public init(_ text: String, kind: String) throws(Problem) {
        guard text.utf8.count <= 400, let bytes = Base64URL.decode(text), bytes.count > 2, bytes[0] == Self.version,
            bytes.count > 2 + Int(bytes[1]), bytes[2..<(2 + Int(bytes[1]))].elementsEqual(kind.utf8),
            let key = String(validating: bytes[(2 + Int(bytes[1]))...], as: UTF8.self),
            (1...256).contains(key.utf8.count)
        else { throw Problem(.badRequest, "invalid_cursor", detail: "This cursor was not made by this list.") }
        self.init(kind: kind, key: key)
    }
}
