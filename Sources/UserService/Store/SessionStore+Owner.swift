import Chassis
import HTTP
import Storage

/// A session on whose authority something is written.
struct SessionAuthority: Sendable {
    let session: Session
    let policy: SessionPolicy
    let clock: any WallClock

    /// Makes sure of the session inside the transaction of what it allows: it may have ended since its request was let in,
    /// which may take its time to arrive.
    /// - Throws: ``Problem`` 401 `session_revoked`.
    func expect(in reader: any Reader) throws {
        guard let current = try SessionStore.live(id: session.id, now: clock.now, under: policy, in: reader),
            current.userID == session.userID
        else { throw Problem.sessionRevoked }
    }
}

/// What a session's owner does with it, and what ends all of a user's sessions.
extension SessionStore {
    /// The live sessions of a user before an id, `limit` at most, newest first.
    func sessions(of userID: String, before id: String?, limit: Int) async throws -> [Session] {
        let (now, policy) = (clock.now, policy)
        return try await database.read { reader in
            try reader.all(
                Self.columns
                    + """
                     WHERE user_id = ?1 AND (?2 IS NULL OR id < ?2) AND revoked_at IS NULL AND created_at > ?3
                        AND refreshed_at > ?4 ORDER BY id DESC LIMIT ?5
                    """,
                .text(userID), SQLValue(id), .integer(now - policy.absolute), .integer(now - policy.idle),
                SQLValue(limit), map: Self.session)
        }
    }

    /// Ends one session of a user.
    /// - Returns: Whether there was a live one.
    func end(id: String, of userID: String, _ reason: Session.Revocation) async throws -> Bool {
        let (now, policy, event) = (clock.now, policy, identifiers.make("evt"))
        return try await database.write { transaction in
            guard let session = try Self.live(id: id, now: now, under: policy, in: transaction),
                session.userID == userID
            else { return false }
            try Self.revoke(session, reason, event: event, now: now, in: transaction)
            return true
        }
    }

    /// Ends all sessions of a user but one.
    /// - Returns: How many there were.
    func endAll(of userID: String, except kept: String? = nil, _ reason: Session.Revocation) async throws -> Int {
        let (now, identifiers) = (clock.now, identifiers)
        return try await database.write { transaction in
            try Self.revokeAll(
                of: userID, but: kept, reason, identifiers: identifiers, now: now, in: transaction)
        }
    }

    /// The user proved again who he is.
    /// - Parameter credential: What was checked for that.
    /// - Returns: The session as it is now; `nil` when it is over.
    /// - Throws: ``CredentialOutdated``.
    func reauthenticate(
        id: String, context: AuthenticationContext, with credential: Credential
    ) async throws -> Session? {
        let (now, policy) = (clock.now, policy)
        return try await database.write { transaction in
            try CredentialOutdated.check(credential.version, of: credential.userID, in: transaction)
            return try Self.reauthenticate(id: id, context: context, now: now, under: policy, in: transaction)
        }
    }

    /// The same inside a transaction that does more.
    static func reauthenticate(
        id: String, context: AuthenticationContext, now: Int64, under policy: SessionPolicy,
        in transaction: any Transaction
    ) throws -> Session? {
        guard var session = try live(id: id, now: now, under: policy, in: transaction) else { return nil }
        session.reauthenticate(now: now, context: context)
        try transaction.execute(
            "UPDATE sessions SET authenticated_at = ?, context = ? WHERE id = ?",
            .integer(session.authenticatedAt), .text(session.context.rawValue), .text(id))
        return session
    }
}
