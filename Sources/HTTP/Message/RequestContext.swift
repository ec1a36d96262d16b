import HTTPTypes
public import Sockets

/// What belongs to one exchange and is not in the message.
///
/// `@unchecked Sendable`: it is confined to the task that serves the request. Handlers that start other tasks read
/// what they need first.
public final class RequestContext: @unchecked Sendable {
    /// The address of the peer of the connection.
    public let peer: SocketAddress
    /// The loop that serves the connection; nil in tests without one.
    public let loop: EventLoop?
    /// When the exchange must be over, in milliseconds of the loop's clock; nil when there is no deadline.
    public var deadline: UInt64?

    // Notes for the access line and the metrics.

    /// The template of the matched route.
    public var route: String?
    /// Who called, as authentication found: a subject or a service.
    public var caller: String?
    /// Which upstream answered or failed, and its address.
    public var upstream: String?
    /// Why the exchange failed, for the log, never for the peer.
    public var reason: String?
    /// Whatever the layer above wants to pass along a middleware chain, such as the verified caller.
    public var value: (any Sendable)?

    private var head: RequestHead?
    private var knownID: String?
    private var knownTrace: TraceContext?

    /// A context for the request whose head is `head` (nil when it could not be read).
    public init(head: RequestHead?, peer: SocketAddress, loop: EventLoop?) {
        self.head = head
        self.peer = peer
        self.loop = loop
    }

    /// Makes the context ready for the next request of the connection.
    public func reset(head: RequestHead?) {
        self.head = head
        deadline = nil
        route = nil
        caller = nil
        upstream = nil
        reason = nil
        value = nil
        knownID = nil
        knownTrace = nil
    }

    /// The request id: `X-Request-Id` when it is 1 to 128 characters of `A–Z a–z 0–9 . _ -`, else a new random one.
    public var id: String {
        if let knownID { return knownID }
        let id = acceptedID ?? Self.newID()
        knownID = id
        return id
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

    private var acceptedID: String? {
        guard let head, let range = head.value(of: "x-request-id"), (1...128).contains(range.count) else { return nil }
        return head.withBytes(range) { bytes in
            bytes.allSatisfy(\.isRequestIDCharacter) ? String(decoding: bytes, as: UTF8.self) : nil
        }
    }

    private var acceptedTrace: TraceContext? {
        guard let head, let range = head.value(of: "traceparent") else { return nil }
        let state = head.string(of: .tracestate).flatMap { $0.utf8.count <= 512 ? $0 : nil }
        return TraceContext(traceparent: head.string(range), state: state)
    }

    private static func newID() -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        Hex.append(Entropy.next(), to: &bytes)
        Hex.append(Entropy.next(), to: &bytes)
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
