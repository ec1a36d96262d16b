import HTTPTypes
public import Sockets
public import Spans

/// What belongs to one exchange and is not in the message.
///
/// `@unchecked Sendable`: it is confined to the task that serves the request. Handlers that start other tasks read
/// what they need first. Its properties go without the run-time check for overlapping accesses, because each request
/// resets them all.
public final class RequestContext: @unchecked Sendable {
    /// The address of the peer of the connection.
    public let peer: SocketAddress
    /// The loop that serves the connection; nil in tests without one.
    public let loop: EventLoop?
    /// When the exchange must be over, in milliseconds of the loop's clock; nil when there is no deadline.
    @exclusivity(unchecked) public var deadline: UInt64?

    // Notes for the access line and the metrics.

    /// The template of the matched route.
    @exclusivity(unchecked) public var route: String?
    /// Who called, as authentication found: a subject or a service.
    @exclusivity(unchecked) public var caller: String?
    /// Which upstream answered or failed, and its address.
    @exclusivity(unchecked) public var upstream: String?
    /// Why the exchange failed, for the log, never for the peer.
    @exclusivity(unchecked) public var reason: String?
    /// The spans of the request; nil while tracing is off.
    @exclusivity(unchecked) public var trace: TraceRecord?
    /// The `baggage` field (W3C Baggage) to send on with what the request causes; nil for none.
    @exclusivity(unchecked) public var baggage: String?
    /// Whether the answer takes as long as somebody wants to listen, so that its duration says nothing.
    @exclusivity(unchecked) public var takesTime = false
    /// Whatever the layer above wants to pass along a middleware chain, such as the verified caller.
    @exclusivity(unchecked) public var value: (any Sendable)?

    @exclusivity(unchecked) private var head: RequestHead?
    @exclusivity(unchecked) private var knownID: String?
    /// The bits of a request id that nobody has asked to see as text yet.
    @exclusivity(unchecked) private var newID: (UInt64, UInt64)?
    @exclusivity(unchecked) private var knownTrace: TraceContext?

    /// Whom the request is attributed to, where that is not simply the peer: an address, as trusted proxies say.
    @exclusivity(unchecked) public var client: String?
    /// When the head had arrived, in nanoseconds of ``CoarseClock``; 0 where nobody wanted to know. Whoever needs the time
    /// of the request, and not of this very moment, spares a look at the clock.
    @exclusivity(unchecked) public internal(set) var arrivedAt: UInt64 = 0

    /// A context for the request whose head is `head` (nil when it could not be read).
    public init(head: RequestHead?, peer: SocketAddress, loop: EventLoop?) {
        self.head = head
        self.peer = peer
        self.loop = loop
    }

    /// Takes the head of the next request; everything else was cleared when the last one was over.
    @inline(__always)
    func begin(_ head: RequestHead) { self.head = head }

    /// Makes the context ready for the next request of the connection.
    public func reset(head: RequestHead?) {
        self.head = head
        deadline = nil
        route = nil
        client = nil
        caller = nil
        upstream = nil
        reason = nil
        value = nil
        trace = nil
        baggage = nil
        takesTime = false
        knownID = nil
        newID = nil
        knownTrace = nil
    }

    /// The request id: `X-Request-Id` when it is 1 to 128 characters of `A–Z a–z 0–9 . _ -`, else a new random one.
    public var id: String {
        if let knownID { return knownID }
        let id = acceptedID.flatMap { head?.string($0) } ?? newIDText
        knownID = id
        return id
    }

    /// Appends the request id; makes no `String` of it.
    func appendID(to out: ByteBuffer) {
        if let knownID {
            out.append(knownID)
        } else if let head, let range = acceptedID {
            head.withBytes(range) { out.append($0) }
        } else {
            Hex.append(newIDBits.0, to: out)
            Hex.append(newIDBits.1, to: out)
        }
    }

    /// Appends the request id to `bytes`; makes no `String` of it.
    public func appendID(to bytes: inout [UInt8]) {
        if let knownID {
            bytes.append(contentsOf: knownID.utf8)
        } else if let head, let range = acceptedID {
            head.withBytes(range) { bytes.append(contentsOf: $0) }
        } else {
            Hex.append(newIDBits.0, to: &bytes)
            Hex.append(newIDBits.1, to: &bytes)
        }
    }

    /// The position in the trace: that of a well-formed `traceparent` field, else a new one.
    public var traceparent: TraceContext {
        get {
            if let knownTrace { return knownTrace }
            let trace = acceptedTrace ?? .generate()
            knownTrace = trace
            return trace
        }
        set { knownTrace = newValue }
    }

    /// The position in the trace, when it is recorded and somebody has asked for it; looks at no field.
    public var sampledTrace: TraceContext? {
        guard let knownTrace, knownTrace.isSampled else { return nil }
        return knownTrace
    }

    private var acceptedID: ByteRange? {
        guard let head, let range = head.value(of: "x-request-id"), (1...128).contains(range.count),
            head.withBytes(range, { $0.allSatisfy(\.isRequestIDCharacter) })
        else { return nil }
        return range
    }

    /// The position that the caller sent; nil when it sent none, or a malformed one.
    public var acceptedTrace: TraceContext? {
        guard let head, let range = head.value(of: "traceparent"),
            let trace = head.withBytes(range, { TraceContext(bytes: $0) })
        else { return nil }
        guard let state = head.string(of: .tracestate), state.utf8.count <= 512 else { return trace }
        var stated = trace
        stated.state = state
        return stated
    }

    /// The `baggage` field as it came; nil when there is none, or it is longer than the 8,192 bytes that everybody has to
    /// pass on (W3C Baggage section 3.3.2).
    public var acceptedBaggage: String? {
        guard let head, let range = head.value(of: "baggage"), (1...8_192).contains(range.count) else { return nil }
        return head.string(range)
    }

    private var newIDBits: (UInt64, UInt64) {
        if let newID { return newID }
        let bits = Entropy.pair()
        newID = bits
        return bits
    }

    private var newIDText: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        Hex.append(newIDBits.0, to: &bytes)
        Hex.append(newIDBits.1, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isRequestIDCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}
