public import HTTPTypes
public import Sockets
public import Spans

/// A request to be sent by an `HTTPClient`.
///
/// The client writes `Host` (from `endpoint`), `Content-Length` or `Transfer-Encoding` (from `body`) and `Connection`
/// itself; such fields in `fields` are ignored.
public struct ClientRequest: Sendable {
    /// The method.
    public var method: HTTPRequest.Method
    /// Host and port: what `Host` names, and what is resolved when `execute` is given no address.
    public var endpoint: Endpoint
    /// Path and query, in origin form (`/path?query`) as they go on the wire.
    public var target: ClientTarget
    /// Fields of the caller; on a forwarded request they replace received fields of the same name.
    public var fields: HTTPFields
    /// Further field lines, sent as they are.
    public var lines = FieldLines()
    /// The exchange whose request id and trace position go along, as `X-Request-Id`, `traceparent` and `tracestate`;
    /// received fields of these names have to be removed then.
    public var origin: RequestContext?
    /// The span that stands for this request: its ids go along instead of the exchange's own position. Without one the
    /// client begins and ends one itself, below the running task's.
    public var span: ActiveSpan?
    /// Whether the position in the trace goes along; not to strangers.
    public var sharesTrace = true
    /// The body.
    public var body: ClientRequestBody
    /// When the whole exchange must be over, in milliseconds of the loop's clock (`EventLoop.now`).
    public var deadline: UInt64?
    /// How long the whole exchange may take; nil is the client's default. The earlier of `deadline` and this counts.
    public var timeout: Duration?
    /// How long opening a connection may take; nil is the client's default.
    public var connectTimeout: Duration?
    /// How long the answer's head may take once the request is sent; nil is the client's default.
    public var responseHeadTimeout: Duration?
    /// How long the server may send nothing inside the answer's body; nil is the client's default.
    public var idleReadTimeout: Duration?
    /// Whether the deadline bounds the way to the head of the answer only. Bodies may then take any time, as long as
    /// nothing pauses for longer than `idleReadTimeout` inside the answer's, and the server for no longer inside the
    /// request's. While a streamed body is sent there is no deadline; `responseHeadTimeout` begins behind it.
    public var liftsDeadline = false
    /// Asks for a WebSocket (RFC 6455 section 4.1): `Connection: Upgrade` and `Upgrade: websocket` are written, the other
    /// fields are the caller's. An answer 101 is then a tunnel. Its connection is never used again, whatever the answer.
    public var upgradesToWebSocket = false
    /// How many connections there may be to the address, and requests waiting for one; nil is the client's default.
    public var connectionLimits: ConnectionLimits?
    /// Whether sending this request twice is as good as once: a safe method, or one that the server deduplicates by a
    /// key. Such a request, its body in memory, is sent again on a fresh connection when a reused one dies before the
    /// first byte of the answer. Safe methods (RFC 9110 section 9.2.1) are replayable unless set otherwise.
    public var isReplayable: Bool

    /// The received head whose method and fields are sent on; nil for a request of our own.
    let forwarded: ForwardedRequest?

    /// A request of its parts.
    /// - Parameter target: path and query, such as `/v1/accounts?limit=20`.
    public init(
        method: HTTPRequest.Method = .get, endpoint: Endpoint, target: ClientTarget, fields: HTTPFields = .none,
        body: ClientRequestBody = .empty
    ) {
        self.method = method
        self.endpoint = endpoint
        self.target = target
        self.fields = fields
        self.body = body
        isReplayable = method.isSafe
        forwarded = nil
    }

    /// `request` sent on to `endpoint`. Its field lines are copied byte for byte, without those that concern one hop
    /// only (RFC 9110 section 7.6.1: `Connection` and what it names, `Keep-Alive`, `Proxy-*`, `TE`, `Trailer`,
    /// `Transfer-Encoding`, `Upgrade`), the framing, `Host` and `Expect`, and those in `removing`.
    /// - Parameters:
    ///   - target: what to ask for there; `.received` is the target as the client sent it.
    ///   - removing: further names to leave out. Make it once and keep it.
    ///   - setting: fields to add; they replace received ones of the same name.
    public init(
        forwarding request: __shared Request, endpoint: Endpoint, target: ClientTarget = .received(droppingPrefix: 0),
        removing: FieldFilter = .none, setting: HTTPFields = .none
    ) {
        method = request.method
        self.endpoint = endpoint
        self.target = target
        fields = setting
        body = request.body.isEmpty ? .empty : .stream(request.body)
        deadline = request.context.deadline
        isReplayable = request.method.isSafe
        forwarded = ForwardedRequest(head: request.head, removed: removing)
    }

    /// Whether the client may send it again by itself: replayable, and its body can be read twice.
    var canBeReplayed: Bool {
        if case .stream = body { return false }
        return isReplayable
    }
}

/// How much of one address an event loop may use at once. The latest request's word counts for all.
public struct ConnectionLimits: Sendable, Hashable {
    /// Connections open or being opened, at least 1.
    public var connections: Int
    /// Requests that may wait for one; the next one is refused as `poolExhausted`.
    public var waiters: Int

    /// Limits of their parts.
    public init(connections: Int, waiters: Int) {
        self.connections = connections
        self.waiters = waiters
    }
}

/// What a request asks its server for.
public enum ClientTarget: Sendable, Hashable, ExpressibleByStringInterpolation {
    /// Path and query as text; sent as it is when it is a well-formed origin form.
    case text(String)
    /// The target of the forwarded request as received, without its first `droppingPrefix` bytes (`/api` is 4). The
    /// rest must start with a slash. It costs no copy; only for forwarded requests in origin form.
    case received(droppingPrefix: Int)
    /// A whole `http` or `https` URL, for a proxy (RFC 9112 section 3.2.2): the request's endpoint is then what `Host`
    /// names, and the address given to `execute` is the proxy's.
    case absolute(String)

    /// The target `value`.
    public init(stringLiteral value: String) { self = .text(value) }
}

/// The body of a request to be sent.
public enum ClientRequestBody: Sendable {
    /// No body.
    case empty
    /// All of it, sent with the head. An empty array sends `Content-Length: 0`.
    case bytes([UInt8])
    /// Read while it is sent, with `Content-Length` when the length is known, else chunked.
    case stream(RequestBody)
}

struct ForwardedRequest: Sendable {
    let head: RequestHead
    let removed: FieldFilter
}

extension HTTPRequest.Method {
    /// Whether the method only reads (RFC 9110 section 9.2.1).
    public var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        default: false
        }
    }
}
