import Chassis
import Storage

/// API keys in the database. A deleted key's row is gone: what remains is its event.
struct APIKeyStore: Sendable {
    /// What a user wants of a new key.
    struct Order: Sendable {
        let userID: String
        let name: DisplayName
        let scopes: [String]
        let expiresAt: Int64?
        let rateLimit: APIKey.RateLimit?
    }

    /// What became of a rotation.
    enum RotationOutcome: Sendable, Equatable {
        case rotated(APIKey)
        /// A new secret would not be good either.
        case expired
        case missing
    }

    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator

    /// Adds a key.
    /// - Parameter authority: The session that wants it; nil for nobody's.
    /// - Returns: nil when the user has as many as allowed.
    /// - Throws: ``Problem`` 401 `session_revoked`.
    func create(_ order: Order, secret: APIKeySecret, by authority: SessionAuthority? = nil) async throws -> APIKey? {
        let (id, event) = (identifiers.make("key"), identifiers.make("evt"))
        let key = APIKey(
            id: id, userID: order.userID, name: order.name, scopes: order.scopes, prefix: secret.prefix,
            hash: secret.hash, previous: nil, rateLimit: order.rateLimit, createdAt: clock.now,
            expiresAt: order.expiresAt, lastUsedAt: nil)
        return try await database.write { transaction in
            try authority?.expect(in: transaction)
            let count = try transaction.first("SELECT count(*) FROM api_keys WHERE user_id = ?", .text(key.userID)) {
                try $0.int(0)
            }
            guard let count, count < APIKey.maximumPerUser else { return nil }
            try Self.insert(key, in: transaction)
            try transaction.record(.apiKeyCreated(key), id: event, now: key.createdAt)
            return key
        }
    }

    /// The keys of a user that come after `after` in the list, newest first.
    func keys(of userID: String, after: String?, limit: Int) async throws -> [APIKey] {
        try await database.read { reader in
            try reader.all(
                Self.columns + " WHERE user_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
                .text(userID), SQLValue(after), SQLValue(limit), map: Self.key)
        }
    }

    /// The key with an id, if it is the user's.
    func key(id: String, of userID: String) async throws -> APIKey? {
        try await database.lookup { try Self.key(id: id, of: userID, in: $0) }
    }

    /// Gives a key another secret. The one before stays good for `overlap` milliseconds; the one before that ends now.
    /// - Parameter authority: As above.
    /// - Throws: As above.
    func rotate(
        id: String, of userID: String, to secret: APIKeySecret, overlap: Int64, by authority: SessionAuthority? = nil
    ) async throws -> RotationOutcome {
        let (clock, event) = (clock, identifiers.make("evt"))
        return try await database.write { transaction in
            try authority?.expect(in: transaction)
            guard let key = try Self.key(id: id, of: userID, in: transaction) else { return .missing }
            let now = clock.now
            guard key.isLive(now: now) else { return .expired }
            let previous = overlap > 0 ? APIKey.Previous(hash: key.hash, validUntil: now + overlap) : nil
            let rotated = key.rotated(to: secret, previous: previous)
            try transaction.execute(
                """
                UPDATE api_keys SET prefix = ?, hash = ?, previous_hash = ?, previous_until = ? WHERE id = ?
                """,
                .text(rotated.prefix), .blob(rotated.hash), SQLValue(previous?.hash), SQLValue(previous?.validUntil),
                .text(id))
            try transaction.record(.apiKeyRotated(rotated), id: event, now: now)
            return .rotated(rotated)
        }
    }

    /// Removes a key, which ends it.
    /// - Returns: Whether there was one.
    func delete(id: String, of userID: String) async throws -> Bool {
        let (now, event) = (clock.now, identifiers.make("evt"))
        return try await database.write { transaction in
            let count = try transaction.execute(
                "DELETE FROM api_keys WHERE id = ? AND user_id = ?", .text(id), .text(userID))
            guard count > 0 else { return false }
            try transaction.record(.apiKeyRevoked(key: id, user: userID), id: event, now: now)
            return true
        }
    }

    /// Writes down when keys were last used. Times never go back, and none is in the future; unknown keys are passed
    /// over, since they may have been deleted.
    func recordUse(_ uses: [(id: String, at: Int64)]) async throws {
        let now = clock.now
        try await database.write { transaction in
            for use in uses {
                try transaction.execute(
                    """
                    UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), min(?1, ?2)) WHERE id = ?3
                    """,
                    .integer(use.at), .integer(now), .text(use.id))
            }
        }
    }
}

// MARK: - Statements

extension APIKeyStore {
    static let columns: SQL = """
        SELECT id, user_id, name, scopes, prefix, hash, previous_hash, previous_until, quota, window_seconds, created_at,
            expires_at, last_used_at FROM api_keys
        """

    static func key(id: String, of userID: String, in reader: any Reader) throws -> APIKey? {
        try reader.first(columns + " WHERE id = ? AND user_id = ?", .text(id), .text(userID), map: key)
    }

    static func key(_ row: Row) throws -> APIKey {
        guard let name = DisplayName(try row.string(2)) else { throw StoredValueInvalid("name") }
        let previous = try row.optionalBytes(6).map { APIKey.Previous(hash: $0, validUntil: try row.int64(7)) }
        let rateLimit = try row.optionalInt64(8).map {
            APIKey.RateLimit(quota: $0, windowSeconds: try row.int64(9))
        }
        return APIKey(
            id: try row.string(0), userID: try row.string(1), name: name,
            scopes: try row.string(3).split(separator: " ").map(String.init), prefix: try row.string(4),
            hash: try row.bytes(5), previous: previous, rateLimit: rateLimit, createdAt: try row.int64(10),
            expiresAt: try row.optionalInt64(11), lastUsedAt: try row.optionalInt64(12))
    }

    private static func insert(_ key: APIKey, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO api_keys (id, user_id, name, scopes, prefix, hash, quota, window_seconds, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(key.id), .text(key.userID), .text(key.name.text), .text(key.scopes.joined(separator: " ")),
            .text(key.prefix), .blob(key.hash), SQLValue(key.rateLimit?.quota),
            SQLValue(key.rateLimit?.windowSeconds), .integer(key.createdAt), SQLValue(key.expiresAt))
    }
}

extension APIKey {
    /// The key with another secret.
    fileprivate func rotated(to secret: APIKeySecret, previous: Previous?) -> APIKey {
        APIKey(
            id: id, userID: userID, name: name, scopes: scopes, prefix: secret.prefix, hash: secret.hash,
            previous: previous, rateLimit: rateLimit, createdAt: createdAt, expiresAt: expiresAt,
            lastUsedAt: lastUsedAt)
    }
}
