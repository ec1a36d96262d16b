/// One thing that is known about a span.
public struct SpanAttribute: Sendable, Equatable {
    /// Its name, of the OpenTelemetry semantic conventions where there is one.
    public let key: SpanKey
    /// Its value.
    public let value: SpanValue
    /// The span that it belongs to.
    public let span: Int

    /// An attribute of the span with the index `span`.
    public init(_ key: SpanKey, _ value: SpanValue, of span: Int) {
        self.key = key
        self.value = value
        self.span = span
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

/// The name of an attribute.
public struct SpanKey: Sendable, Hashable {
    /// The name itself.
    public let name: String

    /// A name of somebody else's; ours are the constants.
    public init(_ name: String) { self.name = name }
}

// OpenTelemetry semantic conventions 1.3x: HTTP, database, messaging and general attributes.
extension SpanKey {
    /// The template of the matched route.
    public static var route: SpanKey { SpanKey("http.route") }
    /// The method; `_OTHER` for an uncommon one.
    public static var method: SpanKey { SpanKey("http.request.method") }
    /// The status of the answer.
    public static var status: SpanKey { SpanKey("http.response.status_code") }
    /// How often the request had been sent before this try; absent at the first.
    public static var resendCount: SpanKey { SpanKey("http.request.resend_count") }
    /// The path, never the query.
    public static var path: SpanKey { SpanKey("url.path") }
    /// The scheme.
    public static var scheme: SpanKey { SpanKey("url.scheme") }
    /// Whom the request is attributed to.
    public static var clientAddress: SpanKey { SpanKey("client.address") }
    /// What the client calls itself.
    public static var userAgent: SpanKey { SpanKey("user_agent.original") }
    /// The host that is called.
    public static var serverAddress: SpanKey { SpanKey("server.address") }
    /// Its port.
    public static var serverPort: SpanKey { SpanKey("server.port") }
    /// Why it failed: a status or a stable word.
    public static var errorType: SpanKey { SpanKey("error.type") }
    /// `sqlite`.
    public static var databaseSystem: SpanKey { SpanKey("db.system.name") }
    /// The first word of a statement.
    public static var databaseOperation: SpanKey { SpanKey("db.operation.name") }
    /// The statement, with `?` where values are bound.
    public static var databaseQuery: SpanKey { SpanKey("db.query.text") }
    /// How many writes shared the commit.
    public static var databaseBatch: SpanKey { SpanKey("tollgate.db.commit.batch_size") }
    /// Microseconds in the queue.
    public static var databaseWait: SpanKey { SpanKey("tollgate.db.queue_wait_us") }
    /// The request id.
    public static var requestID: SpanKey { SpanKey("tollgate.request_id") }
    /// Who calls: a user's id or a service.
    public static var caller: SpanKey { SpanKey("tollgate.caller") }
    /// The upstream's name.
    public static var upstream: SpanKey { SpanKey("tollgate.upstream") }
    /// The reason that the access line gives.
    public static var reason: SpanKey { SpanKey("tollgate.reason") }
    /// The name of an aggregate's part.
    public static var part: SpanKey { SpanKey("tollgate.part") }
    /// How the caller proves itself: `token` or `api_key`.
    public static var credential: SpanKey { SpanKey("tollgate.auth.method") }
    /// Whether the answer was known already.
    public static var cached: SpanKey { SpanKey("tollgate.auth.cached") }
    /// What the processor is asked for.
    public static var processorOperation: SpanKey { SpanKey("tollgate.processor.operation") }
    /// `webhook` or `outbox`.
    public static var messagingSystem: SpanKey { SpanKey("messaging.system") }
    /// The type of an event.
    public static var eventType: SpanKey { SpanKey("tollgate.event.type") }
    /// The id of an event.
    public static var messageID: SpanKey { SpanKey("messaging.message.id") }
    /// Spans that a trace had no room for.
    public static var droppedSpans: SpanKey { SpanKey("tollgate.dropped_spans") }
}
