import Chassis
import ServiceStorage
import Storage

/// Wishes to be erased in the database, and the erasing itself.
struct ErasureStore: Sendable {
    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator

    /// How long the request that brought the wish has it for itself, before it is resumed: longer than payments-service
    /// takes to answer, milliseconds.
    static let lease: Int64 = 5_000

    /// First step: keeps the wish, unless it is kept already.
    /// - Parameter authority: The session that wants it; nil for nobody's.
    /// - Returns: nil when there is no such user.
    /// - Throws: ``Problem`` 401 `session_revoked`.
    func begin(_ userID: String, by authority: SessionAuthority? = nil) async throws -> Erasure? {
        let now = clock.now
        return try await database.write { transaction in
            try authority?.expect(in: transaction)
            guard try transaction.exists("SELECT 1 FROM users WHERE id = ?", .text(userID)) else { return nil }
            try transaction.execute(
                """
                INSERT INTO erasures (user_id, requested_at, next_attempt_at) VALUES (?, ?, ?)
                ON CONFLICT (user_id) DO UPDATE SET next_attempt_at = excluded.next_attempt_at,
                    requested_at = CASE WHEN refused_at IS NULL THEN requested_at ELSE excluded.requested_at END,
                    attempts = CASE WHEN refused_at IS NULL THEN attempts ELSE 0 END, refused_at = NULL
                """, .text(userID), .integer(now), .integer(now + Self.lease))
            return try transaction.first(
                Self.columns + " WHERE user_id = ?", .text(userID), map: Self.erasure)
        }
    }

    /// Any later step. It may be taken by several at once and more than once: only a wish that is still kept counts, or one
    /// that somebody is about to be told of. Another request may have dropped that one by an answer of before.
    /// - Parameter isAwaited: Whether a request waits for the answer and tells it to its user. Otherwise a refusal is
    ///   kept for him to see, and what was done is written into the audit log.
    func advance(_ erasure: Erasure, by action: ErasureAction, isAwaited: Bool = false) async throws {
        let (now, identifiers, log) = (clock.now, identifiers, isAwaited ? nil : audit)
        try await database.write { transaction in
            switch action {
            case .erase:
                if isAwaited { try Self.keep(erasure, now: now, in: transaction) }
                guard try Self.erase(erasure.userID, now: now, identifiers, in: transaction) else { return }
                try log?.append(.erasure(of: erasure.userID, .done), by: .process, now: now, in: transaction)
            case .drop where isAwaited:
                try transaction.execute("DELETE FROM erasures WHERE user_id = ?", .text(erasure.userID))
            case .drop:
                let count = try transaction.execute(
                    "UPDATE erasures SET refused_at = ? WHERE user_id = ? AND refused_at IS NULL", .integer(now),
                    .text(erasure.userID))
                guard count > 0 else { return }
                let entry = AuditEntry.erasure(of: erasure.userID, .refused(code: Self.refusal))
                try log?.append(entry, by: .process, now: now, in: transaction)
            case .askAgain(let milliseconds):
                if isAwaited { try Self.keep(erasure, now: now, in: transaction) }
                try transaction.execute(
                    "UPDATE erasures SET attempts = ?, next_attempt_at = ? WHERE user_id = ?",
                    SQLValue(erasure.attempts + 1), .integer(now + milliseconds), .text(erasure.userID))
            }
        }
    }

    /// Why a wish is refused, as answers and the audit log say it.
    static let refusal = "money_left"

    /// How long a refusal is shown, milliseconds: 30 days.
    static let memory: Int64 = 30 * 86_400_000

    private var audit: AuditLog { AuditLog(database: database, clock: clock, identifiers: identifiers) }

    /// What became of a user's wish; nil when there is none.
    func status(of userID: String) async throws -> ErasureStatus? {
        try await database.lookup { reader in
            try reader.first("SELECT requested_at, refused_at FROM erasures WHERE user_id = ?", .text(userID)) {
                ErasureStatus(requestedAt: try $0.int64(0), refusedAt: try $0.optionalInt64(1))
            }
        }
    }

    /// Removes refusals older than ``memory``, `limit` at most.
    /// - Returns: How many were removed.
    func removeOld(limit: Int = 500) async throws -> Int {
        let before = clock.now - Self.memory
        return try await database.write { transaction in
            try transaction.execute(
                """
                DELETE FROM erasures WHERE user_id IN
                    (SELECT user_id FROM erasures WHERE refused_at < ? LIMIT ?)
                """,
                .integer(before), SQLValue(limit))
        }
    }

    /// The wishes that are due at `time`, the longest waiting first, and those that are due so much later that only a clock
    /// that was set back has them wait.
    func due(at time: Int64, limit: Int = 100) async throws -> [Erasure] {
        let horizon = clock.now + Erasure.longestDelay
        return try await database.read { reader in
            try reader.all(
                Self.columns + """
                     WHERE refused_at IS NULL AND (next_attempt_at <= ? OR next_attempt_at > ?)
                    ORDER BY next_attempt_at LIMIT ?
                    """, .integer(time), .integer(horizon), SQLValue(limit), map: Self.erasure)
        }
    }

    /// How many wishes are to be carried out.
    func count() async throws -> Int {
        try await database.read {
            try $0.first("SELECT count(*) FROM erasures WHERE refused_at IS NULL") { try $0.int(0) } ?? 0
        }
    }
}

// MARK: - Statements

extension ErasureStore {
    private static let columns: SQL = "SELECT user_id, requested_at, attempts FROM erasures"

    private static func erasure(_ row: Row) throws -> Erasure {
        Erasure(userID: try row.string(0), requestedAt: try row.int64(1), attempts: try row.int(2))
    }

    /// Keeps a wish that was made, unless it is kept already or its user is gone.
    private static func keep(_ erasure: Erasure, now: Int64, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO erasures (user_id, requested_at, next_attempt_at) SELECT id, ?2, ?3 FROM users WHERE id = ?1
            ON CONFLICT (user_id) DO NOTHING
            """, .text(erasure.userID), .integer(erasure.requestedAt), .integer(now))
    }

    /// Removes the user and everything that refers to them. What other services hold by the user's sessions, keys and id
    /// ends by the events, which name nothing else.
    /// - Returns: Whether there was a wish.
    private static func erase(
        _ userID: String, now: Int64, _ identifiers: any IdentifierGenerator, in transaction: any Transaction
    ) throws -> Bool {
        guard try transaction.exists("SELECT 1 FROM erasures WHERE user_id = ?", .text(userID)) else { return false }
        try SessionStore.revokeAll(of: userID, .erasure, identifiers: identifiers, now: now, in: transaction)
        for key in try transaction.all(
            "SELECT id FROM api_keys WHERE user_id = ?", .text(userID), map: { try $0.string(0) })
        {
            try transaction.record(.apiKeyRevoked(key: key, user: userID), id: identifiers.make("evt"), now: now)
        }
        // Their tokens go with the sessions; mails, one-time tokens and known addresses with the user.
        try transaction.execute("DELETE FROM sessions WHERE user_id = ?", .text(userID))
        try transaction.execute("DELETE FROM api_keys WHERE user_id = ?", .text(userID))
        try transaction.execute("DELETE FROM users WHERE id = ?", .text(userID))
        try transaction.record(.userDeleted(user: userID), id: identifiers.make("evt"), now: now)
        return true
    }
}

extension AuditEntry {
    /// A wish to be erased that was carried out, or refused, when nobody waited for the answer any more.
    fileprivate static func erasure(of userID: String, _ outcome: Outcome) -> AuditEntry {
        AuditEntry(action: .eraseUser, outcome: outcome, target: userID)
    }
}
