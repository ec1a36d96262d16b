/// One thing that is known about a span.
public struct SpanAttribute: Sendable, Equatable {
    /// Its name, of the OpenTelemetry semantic conventions where there is one.
    public let key: SpanKey
    /// Its value.
    public let value: SpanValue
    /// The span that it belongs to.
    public var span: Int { Int(place) }

    /// As small as it can be: a record's attributes are most of its memory.
    private let place: Int16

    /// An attribute of the span with the index `span`, which is below ``TraceRecord/spanLimit``.
    public init(_ key: SpanKey, _ value: SpanValue, of span: Int) {
        self.key = key
        self.value = value
        place = Int16(clamping: span)
    }
}

/// The value of an attribute.
public enum SpanValue: Sendable, Equatable {
    /// A whole number.
    case integer(Int64)
    /// A number.
    case double(Double)
    /// True or false.
    case flag(Bool)
    /// A text; cut at ``textLimit``.
    case text(String)

    /// The longest text in bytes of UTF-8: what a trace may cost is bounded.
    public static let textLimit = 512

    /// A text without what is too much of it.
    public static func bounded(_ text: String) -> SpanValue {
        if text.utf8.count <= textLimit { return .text(text) }
        return .text(String(decoding: text.utf8.prefix(textLimit), as: UTF8.self))
    }
}

/// The name of an attribute. Ours are cases and not texts, so that noting one counts no references; they are those of the
/// OpenTelemetry semantic conventions 1.3x (HTTP, database, messaging, general) where there is one.
public enum SpanKey: Sendable, Hashable {
    /// The template of the matched route.
    case route
    /// The method; `_OTHER` for an uncommon one.
    case method
    /// The status of the answer.
    case status
    /// How often the request had been sent before this try; absent at the first.
    case resendCount
    /// The path, never the query.
    case path
    /// The scheme.
    case scheme
    /// Whom the request is attributed to.
    case clientAddress
    /// What the client calls itself.
    case userAgent
    /// The host that is called.
    case serverAddress
    /// Its port.
    case serverPort
    /// Why it failed: a status or a stable word.
    case errorType
    /// `sqlite`.
    case databaseSystem
    /// The first word of a statement.
    case databaseOperation
    /// The statement, with `?` where values are bound.
    case databaseQuery
    /// How many writes shared the commit.
    case databaseBatch
    /// Microseconds in the queue.
    case databaseWait
    /// The request id.
    case requestID
    /// Who calls: a user's id or a service.
    case caller
    /// The upstream's name.
    case upstream
    /// The reason that the access line gives.
    case reason
    /// The name of an aggregate's part.
    case part
    /// How the caller proves itself: `token` or `api_key`.
    case credential
    /// Whether the answer was known already.
    case cached
    /// What the processor is asked for.
    case processorOperation
    /// `webhook` or `outbox`.
    case messagingSystem
    /// The type of an event.
    case eventType
    /// The id of an event.
    case messageID
    /// Spans that a trace had no room for.
    case droppedSpans
    /// A name of somebody else's.
    indirect case other(String)

    /// A name of somebody else's; ours are the cases.
    public init(_ name: String) { self = .other(name) }

    /// The name itself.
    public var name: String {
        if case .other(let name) = self { return name }
        return constantName?.description ?? ""
    }

    /// The name, where it is one of ours: letters, digits, dots and underscores that need no escape anywhere.
    public var constantName: StaticString? {
        switch self {
        case .route: "http.route"
        case .method: "http.request.method"
        case .status: "http.response.status_code"
        case .resendCount: "http.request.resend_count"
        case .path: "url.path"
        case .scheme: "url.scheme"
        case .clientAddress: "client.address"
        case .userAgent: "user_agent.original"
        case .serverAddress: "server.address"
        case .serverPort: "server.port"
        case .errorType: "error.type"
        case .databaseSystem: "db.system.name"
        case .databaseOperation: "db.operation.name"
        case .databaseQuery: "db.query.text"
        case .databaseBatch: "tollgate.db.commit.batch_size"
        case .databaseWait: "tollgate.db.queue_wait_us"
        case .requestID: "tollgate.request_id"
        case .caller: "tollgate.caller"
        case .upstream: "tollgate.upstream"
        case .reason: "tollgate.reason"
        case .part: "tollgate.part"
        case .credential: "tollgate.auth.method"
        case .cached: "tollgate.auth.cached"
        case .processorOperation: "tollgate.processor.operation"
        case .messagingSystem: "messaging.system"
        case .eventType: "tollgate.event.type"
        case .messageID: "messaging.message.id"
        case .droppedSpans: "tollgate.dropped_spans"
        case .other: nil
        }
    }
}
