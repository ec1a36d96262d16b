#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What a head may cost before it is refused.
public struct HeadLimits: Sendable, Hashable {
    /// Bytes of a request target; more is 414.
    public var target: Int
    /// Bytes of the whole head; more is 431.
    public var head: Int
    /// Field lines; more is 431.
    public var fields: Int

    /// Limits; the defaults are 8 KiB, 32 KiB and 100 lines.
    public init(target: Int = 8192, head: Int = 32768, fields: Int = 100) {
        self.target = target
        self.head = head
        self.fields = fields
    }

    /// The longest first line: method, target, version.
    var startLine: Int { target + 64 }
}

/// The one parser of heads, for servers and clients (RFC 9112 sections 2 to 6), strict: what the grammar does not
/// allow is refused, and nothing is repaired.
///
/// It is a pure function of the bytes from the start of the head: while the head is not complete, it is parsed again
/// from its start, but only after another line has arrived. So a peer that sends byte by byte causes no quadratic
/// work, and one that sends line by line is bounded by the number of field lines. The outcome depends on complete
/// lines alone: how the bytes were split on the way never changes it.
public struct HeadParser: Sendable {
    /// What came of the bytes so far.
    public enum Outcome: Sendable, Equatable {
        /// The head is not complete; call again with the same bytes and more after them.
        case incomplete
        /// The head was stored; it took this many bytes.
        case complete(Int)
        /// The message is refused.
        case failed(MessageError)
    }

    /// The limits.
    public let limits: HeadLimits
    /// How many bytes of the current head were there at the last call that found it incomplete.
    private var searched = 0
    /// An empty line and the first byte of a request, which are looked at without waiting for a line feed.
    private static let prologue = 3
    /// Whether the first line was complete then.
    private var hasStartLine = false

    /// A parser for the heads of one connection, one after the other.
    public init(limits: HeadLimits = .init()) {
        self.limits = limits
    }

    /// Parses a request head at the start of `bytes` into `head`.
    @inline(__always)
    public mutating func parse(_ bytes: UnsafeRawBufferPointer, into head: RequestHead) -> Outcome {
        guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 0 else {
            return .incomplete
        }
        if searched >= Self.prologue, !hasNewLine(source, bytes.count) { return waiting(bytes.count) }
        var scan = HeadScan(source, count: bytes.count, limits: limits)
        return finish(scan.request(into: head), bytes.count, scan.hasStartLine)
    }

    /// Parses a response head at the start of `bytes` into `head`.
    /// - Parameter answersHead: whether the request was HEAD, whose answer has no body whatever its fields say.
    @inline(__always)
    public mutating func parse(
        _ bytes: UnsafeRawBufferPointer, into head: ResponseHead, answersHead: Bool
    ) -> Outcome {
        guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 0 else {
            return .incomplete
        }
        if searched >= Self.prologue, !hasNewLine(source, bytes.count) { return waiting(bytes.count) }
        var scan = HeadScan(source, count: bytes.count, limits: limits)
        return finish(scan.response(into: head, answersHead: answersHead), bytes.count, scan.hasStartLine)
    }

    private func hasNewLine(_ source: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        count > searched && memchr(source + searched, 0x0A, count - searched) != nil
    }

    @inline(__always)
    private mutating func finish(
        _ outcome: Result<Int, MessageError>, _ count: Int, _ hasStartLine: Bool
    ) -> Outcome {
        searched = 0
        switch outcome {
        case .success(0):
            self.hasStartLine = hasStartLine
            return waiting(count)
        case .success(let consumed): return .complete(consumed)
        case .failure(let error): return .failed(error)
        }
    }

    /// No complete line is left to look at: only a limit can decide. Two bytes more for an empty line before the first.
    private mutating func waiting(_ count: Int) -> Outcome {
        searched = 0
        if !hasStartLine, count > limits.startLine + 2 { return .failed(.targetTooLong) }
        if count > limits.head { return .failed(.headTooLarge) }
        searched = count
        return .incomplete
    }
}
