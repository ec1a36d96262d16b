import Chassis
import Storage

/// The feed that other services follow: events in the order of their commits, and a snapshot of the API keys to begin
/// with. The sequence has no gaps that fill later, because one writer gives the numbers.
struct EventStore: Sendable {
    /// One event as it was written.
    struct Stored: Sendable, Equatable {
        let sequence: Int64
        let id: String
        let type: String
        let occurredAt: Int64
        /// A JSON object.
        let data: String
    }

    /// A part of the feed.
    enum Page: Sendable, Equatable {
        case events([Stored])
        /// The position is not one of this feed any more: what followed it was removed, or the database is another one
        /// (a backup that was put in place). The consumer begins again with a snapshot.
        case gone
    }

    /// API keys in the order of their ids, and the position of the feed at which they were read.
    struct Snapshot: Sendable {
        let keys: [APIKey]
        let sequence: Int64
        /// A position before every revocation that still matters: the access tokens of older ones have expired.
        let replayAfter: Int64
    }

    /// How long events are kept, in milliseconds: 30 days.
    static let retention: Int64 = 30 * 86_400_000
    /// How far back a new consumer reads revocations: an access token's ten minutes, and the largest difference between
    /// clocks that a gateway may be set to allow.
    static let replayed: Int64 = SessionPolicy().accessToken + 300_000

    let database: any Database
    let clock: any WallClock

    /// The number of the newest event; 0 before the first.
    func newest() async throws -> Int64 {
        try await database.lookup { try Self.newest(in: $0) }
    }

    /// The events after a position, `limit` at most, in order.
    func events(after position: Int64, limit: Int) async throws -> Page {
        try await database.read { reader in
            guard try Self.isKnown(position, in: reader) else { return .gone }
            let events = try reader.all(
                "SELECT sequence, id, type, occurred_at, data FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?",
                .integer(position), SQLValue(limit)
            ) { row in
                Stored(
                    sequence: try row.int64(0), id: try row.string(1), type: try row.string(2),
                    occurredAt: try row.int64(3), data: try row.string(4))
            }
            return .events(events)
        }
    }

    /// The keys after an id that are not expired and whose users are not locked, `limit` at most.
    func snapshot(after id: String?, limit: Int) async throws -> Snapshot {
        let now = clock.now
        return try await database.read { reader in
            let keys = try reader.all(
                APIKeyStore.columns
                    + """
                     WHERE id > ?1 AND (expires_at IS NULL OR expires_at > ?2)
                        AND user_id NOT IN (SELECT id FROM users WHERE locked_at IS NOT NULL) ORDER BY id LIMIT ?3
                    """,
                .text(id ?? ""), .integer(now), SQLValue(limit), map: APIKeyStore.key)
            return Snapshot(
                keys: keys, sequence: try Self.newest(in: reader),
                replayAfter: try Self.replayAfter(now: now, in: reader))
        }
    }

    /// The position before every event that a consumer who begins now has to see.
    ///
    /// The first event that is young enough, and not the last that is too old: a clock that was set back then costs a few
    /// events more and never one.
    static func replayAfter(now: Int64, in reader: any Reader) throws -> Int64 {
        try reader.first(
            """
            SELECT coalesce((SELECT min(sequence) FROM events WHERE occurred_at >= ?) - 1,
                (SELECT max(sequence) FROM events), 0)
            """,
            .integer(now - replayed)
        ) { try $0.int64(0) } ?? 0
    }

    /// The key with a secret's hash, the current one's or the one before's, unless its user is locked, and a position
    /// not after the one at which it was read.
    func key(hash: [UInt8]) async throws -> (key: APIKey?, sequence: Int64) {
        try await database.lookup { reader in
            // First: should the key change in between, the position says that it is the older state.
            let sequence = try Self.newest(in: reader)
            let current = try reader.first(
                APIKeyStore.columns + " WHERE hash = ?", .blob(hash), map: APIKeyStore.key)
            let key =
                try current
                ?? reader.first(
                    APIKeyStore.columns + " WHERE previous_hash = ?", .blob(hash), map: APIKeyStore.key)
            guard let key, try Standing.isLocked(key.userID, in: reader) else { return (key, sequence) }
            return (nil, sequence)
        }
    }

    /// Removes events older than ``retention``, `limit` at most. The newest stays: it holds the feed's position. So does what
    /// follows one that is younger, as after a clock was set back: who reads on from there must not miss anything.
    /// - Returns: How many were removed.
    func removeOld(limit: Int = 1_000) async throws -> Int {
        let before = clock.now - Self.retention
        return try await database.write { transaction in
            var last: Int64?
            try transaction.query(
                """
                SELECT sequence, occurred_at FROM events WHERE sequence < (SELECT max(sequence) FROM events)
                    ORDER BY sequence LIMIT ?
                """, values: [SQLValue(limit)]
            ) { row in
                guard try row.int64(1) < before else { return false }
                last = try row.int64(0)
                return true
            }
            guard let last else { return 0 }
            return try transaction.execute("DELETE FROM events WHERE sequence <= ?", .integer(last))
        }
    }

    static func newest(in reader: any Reader) throws -> Int64 {
        try reader.first("SELECT max(sequence) FROM events") { try $0.optionalInt64(0) ?? 0 } ?? 0
    }

    /// Whether all that followed a position is still there. Events go oldest first, so it is enough that the position's
    /// own successor is the oldest one or later.
    private static func isKnown(_ position: Int64, in reader: any Reader) throws -> Bool {
        let bounds = try reader.first("SELECT min(sequence), max(sequence) FROM events") {
            (try $0.optionalInt64(0) ?? 1, try $0.optionalInt64(1) ?? 0)
        }
        guard let (oldest, newest) = bounds else { return position == 0 }
        return position >= oldest - 1 && position <= newest
    }
}
