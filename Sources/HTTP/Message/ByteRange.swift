/// A run of bytes inside the head that holds it: 32-bit offsets, because a head is at most 32 KiB and a table of
/// these is read for every request.
public struct ByteRange: Sendable, Hashable {
    /// Offset of the first byte from the start of the head.
    public var start: Int32
    /// Number of bytes.
    public var count: Int32

    /// An empty range, which is also what "absent" looks like where absence is told apart by other means.
    public static let empty = ByteRange(start: 0, count: 0)

    /// The range of `count` bytes from `start`.
    @inlinable
    public init(start: Int32, count: Int32) {
        self.start = start
        self.count = count
    }

    @inlinable
    init(_ start: Int, _ end: Int) {
        self.start = Int32(truncatingIfNeeded: start)
        self.count = Int32(truncatingIfNeeded: end &- start)
    }

    /// Offset one past the last byte.
    @inlinable
    public var end: Int32 { start &+ count }
    /// Whether there is no byte in it.
    @inlinable
    public var isEmpty: Bool { count == 0 }
}

/// One field line of a head, as byte ranges.
public struct FieldRange: Sendable {
    /// The field name, in the letter case it was received in.
    public var name: ByteRange
    /// The field value without the white space around it.
    public var value: ByteRange
    /// Whether the field concerns this connection only and must not be forwarded (RFC 9110 section 7.6.1), or
    /// describes the framing, which every hop writes anew. Fields that `Connection` names are not marked here:
    /// see ``MessageHead/connectionNamesFields``.
    public var isHopByHop: Bool
}
