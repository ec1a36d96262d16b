import Chassis
import Storage

/// Sessions and their refresh tokens in the database.
struct SessionStore: Sendable {
    /// What became of a refresh token.
    enum RefreshOutcome: Sendable, Equatable {
        case renewed(Session, RefreshToken)
        /// Unknown, or its session is over.
        case refused
        /// It had been replaced; its session is revoked now.
        case reused(Session)
    }

    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator
    let policy: SessionPolicy

    /// Begins a session for a user whose password was checked just now, if it is still the same.
    /// - Parameter version: That of the credential that was checked.
    /// - Throws: ``CredentialOutdated``, ``UserLocked``.
    func begin(
        userID: String, with version: Int64, context: AuthenticationContext = .password,
        client: SessionClient = .unknown
    ) async throws -> (Session, RefreshToken) {
        let session = Session(
            id: identifiers.make("ses"), userID: userID, now: clock.now, context: context, client: client)
        let token = RefreshToken.random()
        let event = identifiers.make("evt")
        try await database.write { transaction in
            try Self.insert(session, token, with: version, event: event, in: transaction)
        }
        return (session, token)
    }

    /// The session with an id, if it is live.
    func live(id: String) async throws -> Session? {
        try await database.lookup { try Self.live(id: id, now: clock.now, under: policy, in: $0) }
    }

    /// Exchanges a refresh token for its successor.
    func refresh(_ token: RefreshToken, from client: SessionClient = .unknown) async throws -> RefreshOutcome {
        let hash = token.hash
        // A guess does not get to queue for the writer.
        guard try await database.lookup({ try Self.holder(of: hash, in: $0) }) != nil else { return .refused }
        let exchange = RefreshExchange(
            token: token, hash: hash, client: client, policy: policy, clock: clock, event: identifiers.make("evt"))
        return try await database.write { try exchange.run(in: $0) }
    }

    /// Ends a session by its owner's wish.
    /// - Returns: Whether there was a live one.
    func logOut(id: String) async throws -> Bool {
        let (now, policy, event) = (clock.now, policy, identifiers.make("evt"))
        return try await database.write { transaction in
            guard let session = try Self.live(id: id, now: now, under: policy, in: transaction) else { return false }
            try Self.revoke(session, .logout, event: event, now: now, in: transaction)
            return true
        }
    }

    /// Removes sessions that nobody refreshed for the idle time, `limit` at most, with all their tokens. A session past
    /// its absolute end cannot be refreshed, so it gets here too.
    /// - Returns: How many were removed.
    func removeEnded(limit: Int = 500) async throws -> Int {
        let before = clock.now - policy.idle
        return try await database.write { transaction in
            try transaction.execute(
                """
                DELETE FROM sessions WHERE id IN
                    (SELECT id FROM sessions WHERE refreshed_at < ? ORDER BY refreshed_at LIMIT ?)
                """,
                .integer(before), SQLValue(limit))
        }
    }
}

// MARK: - Statements

extension SessionStore {
    /// The session that a token belongs to, and which of its generations the token is.
    static func holder(
        of hash: [UInt8], in reader: any Reader
    ) throws -> (sessionID: String, generation: Int64, salt: [UInt8]?)? {
        try reader.first(
            "SELECT session_id, generation, successor_salt FROM refresh_tokens WHERE hash = ?", .blob(hash)
        ) { (try $0.string(0), try $0.int64(1), try $0.optionalBytes(2)) }
    }

    static let columns: SQL = """
        SELECT id, user_id, created_at, authenticated_at, context, generation, refreshed_at, client_address, user_agent,
            revocation
        FROM sessions
        """

    static func session(id: String, in reader: any Reader) throws -> Session? {
        try reader.first(columns + " WHERE id = ?", .text(id), map: session)
    }

    /// The session with an id, if it is live.
    static func live(
        id: String, now: Int64, under policy: SessionPolicy, in reader: any Reader
    ) throws -> Session? {
        try session(id: id, in: reader).flatMap { $0.isLive(now: now, under: policy) ? $0 : nil }
    }

    static func session(_ row: Row) throws -> Session {
        guard let context = AuthenticationContext(rawValue: try row.string(4)) else {
            throw StoredValueInvalid("context")
        }
        return Session(
            id: try row.string(0), userID: try row.string(1), createdAt: try row.int64(2),
            authenticatedAt: try row.int64(3), context: context, generation: try row.int64(5),
            refreshedAt: try row.int64(6),
            client: SessionClient(address: try row.optionalString(7), userAgent: try row.optionalString(8)),
            revocation: try row.optionalString(9).map(revocation))
    }

    private static func revocation(_ text: String) throws -> Session.Revocation {
        guard let reason = Session.Revocation(rawValue: text) else { throw StoredValueInvalid("revocation") }
        return reason
    }

    /// - Parameter version: That of the credential that was checked.
    /// - Throws: ``CredentialOutdated``, ``UserLocked``.
    static func insert(
        _ session: Session, _ token: RefreshToken, with version: Int64, event: String, in transaction: any Transaction
    ) throws {
        try Standing.noteLogin(of: session.userID, with: version, now: session.createdAt, in: transaction)
        try transaction.execute(
            """
            INSERT INTO sessions (id, user_id, created_at, authenticated_at, context, generation, refreshed_at,
                client_address, user_agent)
            VALUES (?1, ?2, ?3, ?3, ?4, 0, ?3, ?5, ?6)
            """,
            .text(session.id), .text(session.userID), .integer(session.createdAt), .text(session.context.rawValue),
            SQLValue(session.client.address), SQLValue(session.client.userAgent))
        try add(token, generation: 0, to: session.id, in: transaction)
        try transaction.record(
            .sessionCreated(session: session.id, user: session.userID), id: event, now: session.createdAt)
    }

    static func add(
        _ token: RefreshToken, generation: Int64, to sessionID: String, in transaction: any Transaction
    ) throws {
        try transaction.execute(
            "INSERT INTO refresh_tokens (hash, session_id, generation) VALUES (?, ?, ?)",
            .blob(token.hash), .text(sessionID), .integer(generation))
    }

    static func revoke(
        _ session: Session, _ reason: Session.Revocation, event: String, now: Int64, in transaction: any Transaction
    ) throws {
        try transaction.execute(
            "UPDATE sessions SET revoked_at = ?, revocation = ? WHERE id = ?",
            .integer(now), .text(reason.rawValue), .text(session.id))
        try transaction.record(
            .sessionRevoked(session: session.id, user: session.userID, reason: reason), id: event, now: now)
    }

    /// Ends all sessions of a user that have not ended, but for one where it is named.
    /// - Returns: How many there were.
    @discardableResult
    static func revokeAll(
        of userID: String, but kept: String? = nil, _ reason: Session.Revocation, identifiers: any IdentifierGenerator,
        now: Int64, in transaction: any Transaction
    ) throws -> Int {
        let sessions = try transaction.all(
            columns + " WHERE user_id = ? AND revoked_at IS NULL AND id IS NOT ?", .text(userID), SQLValue(kept),
            map: session)
        for session in sessions {
            try revoke(session, reason, event: identifiers.make("evt"), now: now, in: transaction)
        }
        return sessions.count
    }
}
