import Synchronization

/// The spans of one request, or of one piece of work that no request waits for, in one process.
///
/// Every request has one while tracing is on, whether its trace is exported or not: only when it is over is it known
/// whether it failed or was slow. So recording is cheap: one object, spans in one array, their attributes in another, and
/// no text is made before somebody asks.
///
/// `@unchecked Sendable`: the contents are touched with the flag held only. Nearly always one task has it to itself, and
/// the parts under the flag take nanoseconds.
public final class TraceRecord: @unchecked Sendable {
    /// The 16 bytes of the trace id, high half first.
    public let traceID: (high: UInt64, low: UInt64)
    /// The id of the first span.
    public let rootID: UInt64
    /// The id of the span of the other process that caused it; 0 when there is none.
    public let parentID: UInt64
    /// Whether the trace was chosen when it began; what is sent on says so.
    public let isSampled: Bool
    /// The `tracestate` field, passed on as it came.
    public let state: String?

    /// The most spans of one record.
    public static let spanLimit = 256
    /// The most attributes of one record.
    private static let attributeLimit = 2_048

    private let isHeld = Atomic<Bool>(false)
    private var contents = Contents()

    /// What has been recorded.
    public struct Contents: Sendable {
        /// The spans in the order of their beginning; the first one is the root.
        public fileprivate(set) var spans: [SpanRecord] = []
        /// Their attributes in the order of their coming.
        public fileprivate(set) var attributes: [SpanAttribute] = []
        /// Traces that are related without being a parent.
        public fileprivate(set) var links: [SpanLink] = []
        /// Spans that there was no room for.
        public fileprivate(set) var dropped = 0
        fileprivate var isFinished = false

        /// Adds an attribute.
        public mutating func set(_ key: SpanKey, _ value: SpanValue, of span: Int) {
            guard span >= 0, !isFinished, attributes.count < TraceRecord.attributeLimit else { return }
            attributes.append(SpanAttribute(key, value, of: span))
        }

        /// Notes that a span has failed, for the reason `error`; its end comes separately.
        public mutating func fail(_ span: Int, _ error: String) {
            change(span) { $0.hasFailed = true }
            set(.errorType, .bounded(error), of: span)
        }

        /// Ends a span. The first end counts.
        public mutating func end(_ span: Int, at time: UInt64) {
            change(span) { if $0.end == 0 { $0.end = max(time, $0.start) } }
        }

        @inline(__always)
        fileprivate mutating func change(_ span: Int, _ body: (inout SpanRecord) -> Void) {
            if span >= 0, !isFinished, span < spans.count { body(&spans[span]) }
        }
    }

    /// A record whose first span begins at `start` (``SpanClock``).
    public init(
        _ operation: SpanOperation, traceID: (high: UInt64, low: UInt64), rootID: UInt64, parentID: UInt64 = 0,
        isSampled: Bool, state: String? = nil, start: UInt64 = SpanClock.now
    ) {
        self.traceID = traceID
        self.rootID = rootID
        self.parentID = parentID
        self.isSampled = isSampled
        self.state = state
        // What a plain request through the gateway has; what is not sampled has fewer, and most often nobody sees them.
        contents.spans.reserveCapacity(isSampled ? 6 : 3)
        contents.attributes.reserveCapacity(isSampled ? 16 : 4)
        contents.spans.append(SpanRecord(operation, parent: -1, start: start))
    }

    /// The id of a span: the root's own, and of the others one that is made from it, so that it costs no random number.
    public func id(of span: Int) -> UInt64 {
        if span <= 0 { return rootID }
        // SplitMix64 (G. Steele, D. Lea and C. Flood, 2014): a bijection, so ids of one record never meet.
        var bits = rootID &+ UInt64(span) &* 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        bits ^= bits >> 31
        return bits == 0 ? 1 : bits
    }

    @inline(__always)
    private func locked<T>(_ body: (inout Contents) -> T) -> T {
        while isHeld.exchange(true, ordering: .acquiring) { yieldProcessor() }
        defer { isHeld.store(false, ordering: .releasing) }
        return body(&contents)
    }

    // MARK: - Recording

    /// Begins a span below `parent`.
    /// - Returns: its index, which the other calls take; -1 when there is no room, which they then ignore.
    public func begin(
        _ operation: SpanOperation, below parent: Int = 0, named name: String? = nil, kind: SpanKind? = nil,
        at time: UInt64 = SpanClock.now
    ) -> Int {
        locked { contents in
            guard !contents.isFinished, contents.spans.count < Self.spanLimit else {
                contents.dropped += 1
                return -1
            }
            contents.spans.append(SpanRecord(operation, parent: parent, start: time, name: name, kind: kind))
            return contents.spans.count - 1
        }
    }

    /// Notes several things at once, for less than one by one.
    public func edit(_ body: (inout Contents) -> Void) { locked { body(&$0) } }

    /// Ends a span. The first end counts.
    public func end(_ span: Int, at time: UInt64 = SpanClock.now) { locked { $0.end(span, at: time) } }

    /// Ends a span that has failed, for the reason `error`: a status or a stable word.
    public func end(_ span: Int, failedBy error: String, at time: UInt64 = SpanClock.now) {
        locked {
            $0.fail(span, error)
            $0.end(span, at: time)
        }
    }

    /// Notes that a span has failed; its end comes separately.
    public func fail(_ span: Int, _ error: String) { locked { $0.fail(span, error) } }

    /// Gives a span another name.
    public func rename(_ span: Int, _ name: String) { locked { $0.change(span) { $0.name = name } } }

    /// Adds an attribute.
    public func set(_ key: SpanKey, _ value: SpanValue, of span: Int = 0) { locked { $0.set(key, value, of: span) } }

    /// Adds an attribute that is a text.
    public func set(_ key: SpanKey, text: String, of span: Int = 0) { set(key, .bounded(text), of: span) }

    /// Adds an attribute that is a whole number.
    public func set(_ key: SpanKey, _ number: Int, of span: Int = 0) { set(key, .integer(Int64(number)), of: span) }

    /// Relates a span to one of another trace.
    public func link(_ link: SpanLink) {
        locked { contents in
            if !contents.isFinished, contents.links.count < 32 { contents.links.append(link) }
        }
    }

    // MARK: - The end

    /// Ends the root and whatever is still open below it. Nothing is recorded from here on.
    public func finish(at time: UInt64 = SpanClock.now) {
        locked { contents in
            guard !contents.isFinished else { return }
            contents.isFinished = true
            for index in contents.spans.indices where contents.spans[index].end == 0 {
                contents.spans[index].end = max(time, contents.spans[index].start)
            }
        }
    }

    /// What has been recorded so far.
    public var recorded: Contents { locked { $0 } }

    /// How many spans there are.
    public var count: Int { locked { $0.spans.count } }

    /// When the root began, by ``SpanClock``.
    public var start: UInt64 { locked { $0.spans[0].start } }

    /// About how much memory the record takes, bytes.
    public var footprint: Int {
        locked { contents in
            var bytes = 256 + contents.spans.count * MemoryLayout<SpanRecord>.stride
            bytes += contents.attributes.capacity * MemoryLayout<SpanAttribute>.stride
            for attribute in contents.attributes {
                // Short texts lie inside the value.
                if case .text(let text) = attribute.value, text.utf8.count > 15 { bytes += 32 + text.utf8.count }
            }
            return bytes
        }
    }
}

/// One span, without its attributes. In the order in which it takes least memory.
public struct SpanRecord: Sendable, Equatable {
    /// When it began, by ``SpanClock``.
    public let start: UInt64
    /// When it ended; 0 while it goes on.
    public fileprivate(set) var end: UInt64 = 0
    /// Its name, where that is not the operation's.
    public fileprivate(set) var name: String?
    /// The index of the span above it; -1 for the root.
    public var parent: Int { Int(place) }
    private let place: Int16
    /// What it measures.
    public let operation: SpanOperation
    /// Its place between the processes.
    public let kind: SpanKind
    /// Whether what it measures has failed.
    public fileprivate(set) var hasFailed = false

    init(_ operation: SpanOperation, parent: Int, start: UInt64, name: String? = nil, kind: SpanKind? = nil) {
        self.operation = operation
        place = Int16(clamping: parent)
        self.start = start
        self.name = name
        self.kind = kind ?? operation.kind
    }
}

/// A span of another trace that has to do with one of this.
public struct SpanLink: Sendable, Equatable {
    /// High half of its trace id.
    public let traceHigh: UInt64
    /// Low half of its trace id.
    public let traceLow: UInt64
    /// Its id.
    public let spanID: UInt64
    /// The index of the span here.
    public let span: Int

    /// A link from the span with the index `span`.
    public init(traceHigh: UInt64, traceLow: UInt64, spanID: UInt64, of span: Int = 0) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.spanID = spanID
        self.span = span
    }
}
