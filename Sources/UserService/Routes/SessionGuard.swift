import Chassis
import HTTP
import HTTPTypes

/// Admits the user of a live session. The gateway learns of a revocation within seconds; here, where sessions live, it
/// counts at once.
struct SessionGuard: Sendable {
    let sessions: SessionStore

    /// The user on whose behalf the gateway calls.
    /// - Throws: ``Problem`` 401 `unauthorized` without a user, 401 `session_revoked` when the session is over, 403
    ///   `insufficient_scope`.
    func user(of request: Request, scope: String) async throws -> String {
        let user = try request.user
        try request.require(scope: scope)
        // What is not bound to a session (an API key) cannot be logged out.
        if let id = try request.caller.sessionID { _ = try await live(id, of: user) }
        return user
    }

    /// The session itself, for what only makes sense within one.
    /// - Throws: As above, and ``Problem`` 403 `session_required`.
    func session(of request: Request) async throws -> Session {
        let user = try request.user
        guard let id = try request.caller.sessionID else {
            throw Problem(.forbidden, "session_required", detail: "This needs the access token of a login.")
        }
        return try await live(id, of: user)
    }

    private func live(_ id: String, of user: String) async throws -> Session {
        guard let session = try await sessions.session(id: id), session.userID == user,
            session.isLive(now: sessions.clock.now, under: sessions.policy)
        else { throw Problem.sessionRevoked }
        return session
    }
}

extension Problem {
    /// 401 `session_revoked`: the token is genuine, but its session was ended.
    static let sessionRevoked = Problem(
        .unauthorized, "session_revoked", detail: "The session has ended. Log in again.")
}
