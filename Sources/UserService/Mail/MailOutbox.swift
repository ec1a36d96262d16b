import Chassis
import Storage

/// A mail that waits.
struct StoredMail: Sendable, Equatable {
    let id: String
    let kind: MailKind
    /// nil: for nobody.
    let recipient: EmailAddress?
    let salt: [UInt8]?
    let createdAt: Int64
    /// Tries so far.
    let attempts: Int
}

/// Mail that waits to be sent, durable: it is written in the transaction of what it tells of, so that it exists exactly
/// when that happened, and goes once it was sent. A crash in between sends it twice (with one `Message-ID`), never not at all.
struct MailOutbox: Sendable {
    /// How much there is.
    struct Depth: Sendable, Equatable {
        var pending = 0
        /// Given up.
        var dead = 0
        /// When the oldest pending one was written, ms since 1970.
        var oldest: Int64?
    }

    /// How long a mail that was given up is kept, in milliseconds: 14 days.
    static let deadRetention: Int64 = 14 * 86_400_000

    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator

    /// Writes a mail in the transaction of what it tells of.
    /// - Parameters:
    ///   - recipient: nil writes one that will be dropped, for the sake of the same work.
    ///   - salt: Of the token in it.
    func add(
        _ kind: MailKind, to recipient: EmailAddress?, of userID: String?, salt: [UInt8]? = nil, now: Int64,
        in transaction: any Transaction
    ) throws {
        try transaction.execute(
            """
            INSERT INTO mails (id, user_id, kind, recipient, token_salt, created_at, attempts, due_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?6)
            """,
            .text(identifiers.make("mail")), SQLValue(userID), .text(kind.rawValue), SQLValue(recipient?.exposed),
            SQLValue(salt), .integer(now))
    }

    /// What is due, oldest first.
    func due(limit: Int) async throws -> [StoredMail] {
        let now = clock.now
        return try await database.read { reader in
            try reader.all(
                """
                SELECT id, kind, recipient, token_salt, created_at, attempts FROM mails WHERE due_at <= ?
                    ORDER BY due_at, id LIMIT ?
                """,
                .integer(now), SQLValue(limit), map: Self.mail)
        }
    }

    /// Whether something is due: cheap enough to ask several times a second.
    func hasDue() async throws -> Bool {
        let now = clock.now
        return try await database.lookup { try $0.exists("SELECT 1 FROM mails WHERE due_at <= ?", .integer(now)) }
    }

    /// Removes what was sent.
    func remove(_ ids: [String]) async throws {
        try await database.write { transaction in
            for id in ids { try transaction.execute("DELETE FROM mails WHERE id = ?", .text(id)) }
        }
    }

    /// Notes a failed try.
    /// - Parameter due: When to try again; nil gives up.
    func postpone(_ id: String, to due: Int64?, failure: String) async throws {
        _ = try await database.write { transaction in
            try transaction.execute(
                "UPDATE mails SET attempts = attempts + 1, due_at = ?, failure = ? WHERE id = ?",
                SQLValue(due), .text(failure), .text(id))
        }
    }

    /// How much there is.
    func depth() async throws -> Depth {
        try await database.read { reader in
            try reader.first(
                """
                SELECT count(due_at), count(*) - count(due_at), min(CASE WHEN due_at IS NULL THEN NULL ELSE created_at END)
                    FROM mails
                """
            ) { Depth(pending: try $0.int(0), dead: try $0.int(1), oldest: try $0.optionalInt64(2)) } ?? Depth()
        }
    }

    /// Removes mails that were given up long ago, and tokens that have expired.
    /// - Returns: How many rows.
    func removeOld(limit: Int = 500) async throws -> Int {
        let now = clock.now
        return try await database.write { transaction in
            let mails = try transaction.execute(
                """
                DELETE FROM mails WHERE id IN
                    (SELECT id FROM mails WHERE due_at IS NULL AND created_at < ? LIMIT ?)
                """,
                .integer(now - Self.deadRetention), SQLValue(limit))
            let tokens = try transaction.execute(
                """
                DELETE FROM one_time_tokens WHERE hash IN
                    (SELECT hash FROM one_time_tokens WHERE expires_at < ? LIMIT ?)
                """,
                .integer(now), SQLValue(limit))
            return mails + tokens
        }
    }

    private static func mail(_ row: Row) throws -> StoredMail {
        guard let kind = MailKind(rawValue: try row.string(1)) else { throw StoredValueInvalid("kind") }
        let recipient = try row.optionalString(2).map { text in
            guard let email = EmailAddress(text) else { throw StoredValueInvalid("recipient") }
            return email
        }
        return StoredMail(
            id: try row.string(0), kind: kind, recipient: recipient, salt: try row.optionalBytes(3),
            createdAt: try row.int64(4), attempts: try row.int(5))
    }
}
