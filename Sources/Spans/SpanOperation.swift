/// What a span measures. A case and not a text, so that beginning one costs no more than a byte.
public enum SpanOperation: UInt8, Sendable, CaseIterable {
    /// A request that this process answers, from its head to the last byte of its answer.
    case request
    /// A request to another service, from the search for a connection to the head of the answer.
    case call
    /// Finding out who calls: a token or a key, from memory or verified.
    case authentication
    /// Rate limits, one span for each time that they are asked.
    case rateLimit
    /// The wait for a place, where a route or an upstream takes so many requests at once.
    case admission
    /// One part of an aggregate with all its tries.
    case part
    /// A write in the database, from the queue to the answer behind the common COMMIT.
    case write
    /// A read in a snapshot, on a thread of the reader pool.
    case read
    /// A read of single rows, without a hop.
    case lookup
    /// One SQL statement; recorded in sampled traces only.
    case statement
    /// A password that is hashed or compared, the wait for a thread included.
    case passwordHash
    /// A call of the card processor.
    case processor
    /// An event that is written for those who want to know.
    case event
    /// One try to deliver an event to a webhook.
    case delivery
    /// Work that no request waits for.
    case job
    /// A span of a library, by swift-distributed-tracing.
    case library

    /// The name; that of requests and statements has more to it, see ``SpanRecord/name(method:target:)``.
    public var name: String {
        switch self {
        case .request: "request"
        case .call: "call"
        case .authentication: "authenticate"
        case .rateLimit: "rate_limit"
        case .admission: "admission"
        case .part: "part"
        case .write: "write"
        case .read: "read"
        case .lookup: "lookup"
        case .statement: "statement"
        case .passwordHash: "password_hash"
        case .processor: "processor"
        case .event: "event"
        case .delivery: "webhook"
        case .job: "job"
        case .library: "library"
        }
    }

    /// Its place between the processes.
    public var kind: SpanKind {
        switch self {
        case .request: .server
        case .call, .write, .read, .lookup, .statement, .processor: .client
        case .event: .producer
        case .authentication, .rateLimit, .admission, .part, .passwordHash, .delivery, .job, .library: .internal
        }
    }
}

/// The kind of a span, as OTLP numbers it.
public enum SpanKind: UInt8, Sendable {
    /// Neither comes from another process nor goes to one.
    case `internal` = 1
    /// Answers a request.
    case server = 2
    /// Waits for the answer of somebody else.
    case client = 3
    /// Begins something that nobody waits for.
    case producer = 4
    /// Ends it.
    case consumer = 5
}
