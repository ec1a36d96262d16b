public import HTTPTypes

/// Field lines ready to be sent: what a gateway adds to each request it forwards, without an `HTTPFields` per request.
///
/// The values must be well-formed, such as those that come from a parsed head or were made here. Nobody looks for
/// doubles: leave received lines of the same names out by ``ClientRequest/init(forwarding:endpoint:target:removing:setting:)``.
public struct FieldLines: Sendable, Equatable {
    private(set) var bytes: [UInt8] = []

    /// No lines, with room for `capacity` bytes.
    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Whether there is no line.
    public var isEmpty: Bool { bytes.isEmpty }

    /// Number of bytes so far, to go back to by ``truncate(to:)``.
    public var count: Int { bytes.count }

    /// The lines as text; bytes that are not UTF-8 become U+FFFD.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Makes room for `count` more bytes.
    public mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    /// Drops what was appended since ``count`` was `count`.
    public mutating func truncate(to count: Int) { bytes.removeLast(max(0, bytes.count - count)) }

    /// Appends `name: value`.
    public mutating func append(_ name: StaticString, _ value: String) {
        begin(name)
        assert(value.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }, "a control byte in a field value")
        bytes.append(contentsOf: value.utf8)
        end()
    }

    /// Appends `name: value` for a name that is known at run time only; it must be a token (RFC 9110 section 5.6.2).
    public mutating func append(name: String, value: String) {
        assert(value.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }, "a control byte in a field value")
        bytes.append(contentsOf: name.utf8)
        bytes.append(0x3A)
        bytes.append(0x20)
        bytes.append(contentsOf: value.utf8)
        end()
    }

    /// Appends all lines of `other`.
    public mutating func append(_ other: FieldLines) { bytes.append(contentsOf: other.bytes) }

    /// Appends `name: value` with the bytes of a received head.
    public mutating func append(_ name: StaticString, _ value: ByteRange, of head: MessageHead) {
        begin(name)
        head.withBytes(value) { bytes.append(contentsOf: $0) }
        end()
    }

    /// Appends `name: value` in decimal digits.
    public mutating func append(_ name: StaticString, decimal value: UInt64) {
        begin(name)
        append(decimal: value)
        end()
    }

    /// Appends a number in decimal digits: a part of a line, for the caller to complete.
    public mutating func append(decimal value: UInt64) {
        DecimalDigits.append(value, to: &bytes)
    }

    /// Appends a field; its type lets no malformed one exist.
    public mutating func append(_ field: HTTPField) {
        bytes.append(contentsOf: field.name.rawName.utf8)
        bytes.append(0x3A)
        bytes.append(0x20)
        field.withUnsafeBytesOfValue { bytes.append(contentsOf: $0) }
        end()
    }

    /// Appends bytes as they are: parts of lines that were made before, for the caller to complete.
    public mutating func append(part: [UInt8]) { bytes.append(contentsOf: part) }

    /// Appends a part of a line that is known at compile time.
    public mutating func append(part: StaticString) { part.withUTF8Buffer { bytes.append(contentsOf: $0) } }

    /// Appends the bytes of a received head as they are.
    public mutating func append(part range: ByteRange, of head: MessageHead) {
        head.withBytes(range) { bytes.append(contentsOf: $0) }
    }

    private mutating func begin(_ name: StaticString) {
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(0x3A)
        bytes.append(0x20)
    }

    private mutating func end() {
        bytes.append(0x0D)
        bytes.append(0x0A)
    }
}
