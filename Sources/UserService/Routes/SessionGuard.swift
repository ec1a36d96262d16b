import Chassis
import HTTP
import HTTPTypes

/// Admits the user of a live session, or of a live API key. The gateway learns of a revocation within seconds; here, where
/// sessions and keys live, it counts at once.
struct SessionGuard: Sendable {
    let sessions: SessionStore
    let keys: APIKeyStore

    /// The user on whose behalf the gateway calls.
    /// - Throws: ``Problem`` 401 `unauthorized` without a user, 401 `session_revoked` or `api_key_revoked` when session
    ///   or key are over, 403 `insufficient_scope`.
    func user(of request: Request, scope: String) async throws -> String {
        let user = try request.user
        try request.require(scope: scope)
        let caller = try request.caller
        if let id = caller.sessionID { _ = try await live(id, of: user) }
        if let id = caller.keyID {
            guard let key = try await keys.key(id: id, of: user), key.isLive(now: keys.clock.now),
                try await !keys.isOwnerLocked(user)
            else { throw Problem.keyRevoked }
        }
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

    /// The session, and how it is asked for again in the transaction of what it allows.
    func authority(of session: Session) -> SessionAuthority {
        SessionAuthority(session: session, policy: sessions.policy, clock: sessions.clock)
    }

    /// How long a proof of who the user is counts for what a stolen token is not to do: 5 minutes, milliseconds.
    static let freshness: Int64 = 300_000

    /// The session, if its user proved lately who he is. The gateway asks that of the token already (`step_up` of the
    /// route); here it holds whatever the gateway is configured to.
    /// - Throws: As above, and ``Problem`` 401 `insufficient_user_authentication` (RFC 9470 §3).
    func freshSession(of request: Request) async throws -> Session {
        let session = try await session(of: request)
        guard session.isFresh(within: Self.freshness, now: sessions.clock.now) else {
            request.context.reason = "authentication_too_old"
            throw Problem.authenticationTooOld
        }
        return session
    }

    private func live(_ id: String, of user: String) async throws -> Session {
        guard let session = try await sessions.live(id: id), session.userID == user else {
            throw Problem.sessionRevoked
        }
        return session
    }
}

extension Problem {
    /// 401 `insufficient_user_authentication` (RFC 9470 §3): authenticate the user again and come back.
    static let authenticationTooOld = Problem(
        .unauthorized, "insufficient_user_authentication",
        detail: "This needs a more recent proof of who you are.",
        fields: [
            .wwwAuthenticate:
                "Bearer error=\"insufficient_user_authentication\", max_age=\"\(SessionGuard.freshness / 1_000)\""
        ])

    /// 401 `session_revoked`: the token is genuine, but its session was ended.
    static let sessionRevoked = Problem(
        .unauthorized, "session_revoked", detail: "The session has ended. Log in again.")

    /// 401 `api_key_revoked`: the key was good when the gateway last heard of it.
    static let keyRevoked = Problem(.unauthorized, "api_key_revoked", detail: "The API key has ended.")
}
