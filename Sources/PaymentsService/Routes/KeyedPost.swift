import Chassis
import HTTP
import HTTPTypes

/// A POST that is done at most once, read as far as its idempotency needs it.
struct KeyedPost {
    /// The most bytes of a body: what a gateway can hold to send it again.
    static let bodyLimit = 64 << 10

    let request: KeyedRequest
    let body: [UInt8]
    private let store: PaymentsStore

    /// Reads key and body.
    ///
    /// - Parameter mayHaveNoBody: Whether the request may say all in its path.
    /// - Throws: `Problem` 400 without a well-formed key, 413, 415.
    init(
        _ request: Request, by subject: String, in store: PaymentsStore, mayHaveNoBody: Bool = false
    ) async throws {
        guard let field = request.field(.idempotencyKey) else {
            throw Problem(
                .badRequest, "idempotency_key_missing", detail: "This request needs the field Idempotency-Key.")
        }
        guard let key = IdempotencyKey(field: field) else {
            throw Problem(
                .badRequest, "idempotency_key_invalid",
                detail: "Idempotency-Key must be one value of 1 to \(IdempotencyKey.maximumLength) characters.")
        }
        body = try await request.jsonBody(mayBeLeftOut: mayHaveNoBody)
        self.request = KeyedRequest(
            subject: subject, key: key,
            fingerprint: Fingerprint(method: request.method.rawValue, path: request.path, body: body),
            occurrence: Occurrence(requestID: request.context.id, traceID: request.context.traceparent.traceIDText),
            deadline: request.deadline)
        self.store = store
    }

    /// The answer to send; counted.
    ///
    /// - Throws: `Problem` 404, 409 `idempotency_in_progress`, 422 `idempotency_key_reused`.
    func response(to outcome: KeyedOutcome) throws(Problem) -> Response {
        store.metrics.count(outcome)
        return try outcome.response()
    }

    /// Answers with what happened before, if the key is known; else does `body`.
    ///
    /// The writer looks the key up again, first of all. This earlier look is for work that comes before the writer's
    /// turn and may fail, where a replay must not.
    func unlessKnown(_ body: () async throws -> KeyedOutcome) async throws -> KeyedOutcome {
        if let earlier = try await store.earlierOutcome(of: request) { return earlier }
        try request.deadline.expect()
        return try await body()
    }
}
