import Chassis
import HTTP
import HTTPTypes

/// Refuses requests on behalf of sessions, keys and users that have ended, should a gateway let them pass.
struct RevocationGuard: Middleware {
    let revocations: Revocations
    let metrics: FeedMetrics

    /// - Throws: `Problem` 401 `session_revoked`, `api_key_revoked` or `unauthorized`; 403 `account_locked`.
    func handle(_ request: Request, next: Handler) async throws -> Response {
        if let kind = revocations.refusal(of: try request.caller) {
            metrics.refused(kind)
            request.context.reason = "revoked_\(kind.rawValue)"
            throw kind.problem
        }
        return try await next(request)
    }
}

extension Revocation.Kind {
    fileprivate var problem: Problem {
        switch self {
        case .session:
            Problem(.unauthorized, "session_revoked", detail: "The session has ended. Log in again.")
        case .apiKey: Problem(.unauthorized, "api_key_revoked", detail: "The API key has ended.")
        case .lockedUser:
            Problem(.forbidden, "account_locked", detail: "This account is locked. Support can say why.")
        case .erasedUser: .unauthorized
        }
    }
}
