import HTTP

/// Knows the users, which this service does not.
protocol PayeeDirectory: Sendable {
    /// The id of the user that is meant, or nil when there is none.
    ///
    /// - Throws: `Problem` 503 `payee_lookup_unavailable` when that cannot be found out now.
    func resolve(_ payee: PayeeQuery, for origin: RequestOrigin) async throws -> String?
}

/// How a payee can be named without an account.
enum PayeeQuery: Sendable, Hashable {
    case user(String)
    case email(String)
}

/// What a request passes on to the requests that it causes.
struct RequestOrigin: Sendable {
    let requestID: String
    let trace: TraceContext
    /// When its answer is too late, in milliseconds of its loop's clock.
    let deadline: UInt64?

    init(_ context: RequestContext) {
        requestID = context.id
        trace = context.traceparent
        deadline = context.deadline
    }
}
