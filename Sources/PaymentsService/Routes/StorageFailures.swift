import HTTP
import HTTPTypes
import Storage

/// Answers 503 for what a database cannot do at the moment, and leaves the reason to the log.
struct StorageFailures: Middleware {
    func handle(_ request: Request, next: Handler) async throws -> Response {
        do {
            return try await next(request)
        } catch let error as DatabaseError {
            guard let problem = error.problem else { throw error }
            request.context.reason = error.description
            throw problem
        }
    }
}

extension DatabaseError {
    /// Nil for defects: they are 500.
    fileprivate var problem: Problem? {
        switch self {
        case .overloaded, .busy:
            Problem(.serviceUnavailable, "overloaded", fields: [.retryAfter: "1"])
        case .unavailable, .closed, .inUse:
            Problem(
                .serviceUnavailable, "storage_unavailable",
                detail: "The outcome is unknown. Try again with the same Idempotency-Key.",
                fields: [.retryAfter: "1"])
        case .constraint, .corrupt, .schemaTooNew, .schemaTooOld, .migrationChanged, .migrationFailed, .typeMismatch,
            .misuse:
            nil
        }
    }
}
