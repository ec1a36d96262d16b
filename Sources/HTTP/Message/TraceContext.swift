public import Spans

/// The position of a request in a distributed trace (W3C Trace Context).
public struct TraceContext: Sendable, Hashable {
    /// High and low half of the 16-byte trace id; not both zero.
    public let traceID: (high: UInt64, low: UInt64)
    /// The id of the span that this context stands for; not zero.
    public let spanID: UInt64
    /// Whether the caller recorded this trace.
    public var isSampled: Bool
    /// The `tracestate` field to pass on as it came.
    public var state: String?

    /// A context of its parts.
    public init(traceID: (high: UInt64, low: UInt64), spanID: UInt64, isSampled: Bool, state: String? = nil) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.state = state
    }

    /// The position of a span.
    public init(_ span: ActiveSpan) {
        self.init(
            traceID: span.record.traceID, spanID: span.id, isSampled: span.record.isSampled, state: span.record.state)
    }

    /// The root of a new trace with random ids.
    public static func generate(isSampled: Bool = false) -> TraceContext {
        let (trace, span) = newIDs()
        return TraceContext(traceID: trace, spanID: span, isSampled: isSampled)
    }

    /// A random id of a span.
    public static func newSpanID() -> UInt64 { Entropy.next() | 1 }

    /// Random ids of a new trace and of its first span.
    public static func newIDs() -> (traceID: (high: UInt64, low: UInt64), spanID: UInt64) {
        let (high, low, span) = Entropy.triple()
        return ((high, low | 1), span | 1)
    }

    /// A span below this one: same trace, new random span id.
    public func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: Entropy.next() | 1, isSampled: isSampled, state: state)
    }

    /// Reads a `traceparent` value: `version-traceid-parentid-flags` in lower-case hexadecimal (section 3.2). Nil when it
    /// is malformed, of version ff, or has an id of zeros; a higher version is read as far as version 00 goes.
    public init?(traceparent: String, state: String? = nil) {
        var text = traceparent
        guard let trace = text.withUTF8({ TraceContext(bytes: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = trace
        self.state = state
    }

    /// ``init(traceparent:state:)`` of bytes, without a text in between.
    init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 55, bytes[2] == 0x2D, bytes[35] == 0x2D, bytes[52] == 0x2D,
            let version = Hex.lowerCase(bytes[0..<2]), version != 0xFF,
            bytes.count == 55 || (version > 0 && bytes[55] == 0x2D),
            let high = Hex.lowerCase(bytes[3..<19]), let low = Hex.lowerCase(bytes[19..<35]), high | low != 0,
            let span = Hex.lowerCase(bytes[36..<52]), span != 0, let flags = Hex.lowerCase(bytes[53..<55])
        else { return nil }
        self.init(traceID: (high, low), spanID: span, isSampled: flags & 1 != 0)
    }

    /// The `traceparent` value to send.
    public var traceparent: String {
        var bytes: [UInt8] = [0x30, 0x30, 0x2D]
        bytes.reserveCapacity(55)
        Hex.append(traceID.high, to: &bytes)
        Hex.append(traceID.low, to: &bytes)
        bytes.append(0x2D)
        Hex.append(spanID, to: &bytes)
        bytes += [0x2D, 0x30, isSampled ? 0x31 : 0x30]
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The trace id as 32 hexadecimal digits.
    public var traceIDText: String {
        var bytes: [UInt8] = []
        Hex.append(traceID.high, to: &bytes)
        Hex.append(traceID.low, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The span id as 16 hexadecimal digits.
    public var spanIDText: String {
        var bytes: [UInt8] = []
        Hex.append(spanID, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Equal when every part is.
    public static func == (one: TraceContext, other: TraceContext) -> Bool {
        one.traceID == other.traceID && one.spanID == other.spanID && one.isSampled == other.isSampled
            && one.state == other.state
    }

    /// Hashes the ids.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(traceID.low)
        hasher.combine(spanID)
    }
}
