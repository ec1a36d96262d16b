public import HTTPTypes

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What a received request head and a received response head have in common: the bytes, owned, and where the fields
/// lie in them. Nothing becomes a `String` until somebody asks.
///
/// `@unchecked Sendable`: only the parser writes, and a connection parses into a head only while it holds the one
/// reference to it; from then on the head is read-only. For the same reason its properties go without the run-time check
/// for overlapping accesses, which took three quarters of the parser's time.
public class MessageHead: @unchecked Sendable {
    // An owned allocation instead of an Array: the hot path neither zeroes it nor checks its bounds, and it stays in
    // place while the connection uses the head again and again.
    @exclusivity(unchecked) final var base: UnsafeMutablePointer<UInt8>
    @exclusivity(unchecked) final var capacity: Int
    /// Number of bytes of the head, with the empty line that ends it.
    @exclusivity(unchecked) public internal(set) final var byteCount = 0

    @exclusivity(unchecked) final var fieldBase: UnsafeMutablePointer<FieldRange>
    @exclusivity(unchecked) final var fieldCapacity: Int
    /// Number of field lines.
    @exclusivity(unchecked) public internal(set) final var fieldCount = 0

    /// Minor version of HTTP/1: 0 or 1.
    @exclusivity(unchecked) public internal(set) final var minorVersion: UInt8 = 1
    /// How the end of the body is found (RFC 9112 section 6.3).
    @exclusivity(unchecked) public internal(set) final var framing: BodyFraming = .none
    /// The value of `Content-Length`, also where there is no body (HEAD, 304); nil when there is no such field.
    @exclusivity(unchecked) public internal(set) final var declaredLength: Int?
    /// Whether the connection may carry another message after this one (RFC 9112 section 9.3), as the sender sees it.
    @exclusivity(unchecked) public internal(set) final var keepAlive = true
    /// Whether `Connection` names fields other than the usual hop-by-hop ones, which must then not be forwarded.
    @exclusivity(unchecked) public internal(set) final var connectionNamesFields = false
    /// Whether some field name has an underscore. Programs behind CGI-like interfaces take `X_User_Id` for `X-User-Id`.
    @exclusivity(unchecked) public internal(set) final var namesHaveUnderscores = false
    /// Whether the sender offers or accepts `Upgrade: websocket` (RFC 6455 section 4).
    @exclusivity(unchecked) public internal(set) final var upgradesToWebSocket = false

    init(capacity: Int, fields: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
        fieldCapacity = fields
        fieldBase = .allocate(capacity: fields)
    }

    deinit {
        base.deallocate()
        fieldBase.deallocate()
    }

    /// Calls `body` with the bytes of `range`. The pointer is valid only inside the call.
    @inline(__always)
    public final func withBytes<T>(_ range: ByteRange, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        try body(UnsafeRawBufferPointer(start: base + Int(range.start), count: Int(range.count)))
    }

    /// The bytes of `range` as text; bytes that are not UTF-8 become U+FFFD.
    public final func string(_ range: ByteRange) -> String {
        withBytes(range) { String(decoding: $0, as: UTF8.self) }
    }

    /// The field line at `index`, which lies in `0..<fieldCount`.
    @inline(__always)
    public final func field(at index: Int) -> FieldRange {
        precondition(index >= 0 && index < fieldCount)
        return fieldBase[index]
    }

    /// Calls `body` with name and value of every field line, in the order received.
    public final func forEachField(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        for index in 0..<fieldCount {
            let field = fieldBase[index]
            withBytes(field.name) { name in withBytes(field.value) { body(name, $0) } }
        }
    }

    /// The value of the first line of a field.
    /// - Parameter name: the field name in lower case.
    @inline(__always)
    public final func value(of name: StaticString) -> ByteRange? {
        let count = Int32(truncatingIfNeeded: name.utf8CodeUnitCount)
        for index in 0..<fieldCount where fieldBase[index].name.count == count {
            if matches(fieldBase[index].name, name.utf8Start) { return fieldBase[index].value }
        }
        return nil
    }

    /// How many lines of a field there are; `name` in lower case.
    public final func count(of name: StaticString) -> Int {
        let length = Int32(truncatingIfNeeded: name.utf8CodeUnitCount)
        var found = 0
        for index in 0..<fieldCount where fieldBase[index].name.count == length {
            if matches(fieldBase[index].name, name.utf8Start) { found += 1 }
        }
        return found
    }

    /// The value of a field; several lines are joined by ", " (RFC 9110 section 5.3). Nil when there is no such line.
    public final func string(of name: HTTPField.Name) -> String? {
        var canonical = name.canonicalName
        return canonical.withUTF8 { lower in
            guard let start = lower.baseAddress else { return nil }
            var joined: String?
            for index in 0..<fieldCount where Int(fieldBase[index].name.count) == lower.count {
                guard matches(fieldBase[index].name, start) else { continue }
                let line = string(fieldBase[index].value)
                joined = joined.map { $0 + ", " + line } ?? line
            }
            return joined
        }
    }

    /// All field lines as `HTTPFields`, in the order received.
    public final var fields: HTTPFields {
        var fields = HTTPFields()
        fields.reserveCapacity(fieldCount)
        for index in 0..<fieldCount {
            let field = fieldBase[index]
            guard let name = HTTPField.Name(string(field.name)) else { continue }
            withBytes(field.value) { fields.append(HTTPField(name: name, lenientValue: $0)) }
        }
        return fields
    }

    /// Whether the bytes of `range` are `text` without regard to letter case; `text` is in lower case.
    @inline(__always)
    public final func equals(_ range: ByteRange, _ text: StaticString) -> Bool {
        Int(range.count) == text.utf8CodeUnitCount && matches(range, text.utf8Start)
    }

    /// Compares without regard to letter case. Field names are tokens: no token character but A–Z differs from
    /// another one in the bit 0x20 alone where `lower` is in lower case.
    @inline(__always)
    final func matches(_ range: ByteRange, _ lower: UnsafePointer<UInt8>) -> Bool {
        let bytes = base + Int(range.start)
        for index in 0..<Int(range.count) where bytes[index].lowercased != lower[index] { return false }
        return true
    }

    // MARK: - Filling, by the parser

    @inline(__always)
    final func reset() {
        fieldCount = 0
        keepAlive = true
        framing = .none
        connectionNamesFields = false
        upgradesToWebSocket = false
        namesHaveUnderscores = false
    }

    @inline(__always)
    final func load(_ source: UnsafePointer<UInt8>, count: Int) {
        if count > capacity { grow(to: count) }
        memcpy(base, source, count)
        byteCount = count
    }

    @inline(never)
    private final func grow(to count: Int) {
        base.deallocate()
        capacity = count.roundedUpToPowerOfTwo
        base = .allocate(capacity: capacity)
    }

    @inline(__always)
    final func append(_ field: FieldRange) {
        if fieldCount == fieldCapacity { growFields() }
        (fieldBase + fieldCount).initialize(to: field)
        fieldCount &+= 1
    }

    @inline(never)
    private final func growFields() {
        let larger = UnsafeMutablePointer<FieldRange>.allocate(capacity: fieldCapacity * 2)
        larger.moveInitialize(from: fieldBase, count: fieldCount)
        fieldBase.deallocate()
        fieldBase = larger
        fieldCapacity *= 2
    }
}

extension UInt8 {
    /// The byte with A–Z turned into a–z (ASCII only, as HTTP compares names).
    @inline(__always)
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}

extension Int {
    var roundedUpToPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
