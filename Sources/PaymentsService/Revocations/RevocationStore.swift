import Storage

/// How far the feed has been followed.
struct FeedPosition: Sendable, Hashable {
    /// The number of the last event that was taken in.
    var position: Int64
    /// The position of the snapshot that was begun with.
    var locksReadAt: Int64
}

/// What the feed has ended, in the database.
struct RevocationStore: Sendable {
    let database: any Database

    /// Everything, as the process before this one left it.
    func load() async throws -> (position: FeedPosition?, revocations: [Revocation]) {
        try await database.read { reader in
            let position = try reader.first("SELECT position, locks_read_at FROM feed_position") { row in
                FeedPosition(position: try row.int64(0), locksReadAt: try row.int64(1))
            }
            let revocations = try reader.all("SELECT kind, id, until FROM revocations") { row in
                let kind = try row.string(0)
                guard let kind = Revocation.Kind(rawValue: kind) else { throw UnknownStatus(text: kind) }
                return Revocation(kind: kind, id: try row.string(1), until: try row.optionalInt64(2))
            }
            return (position, revocations)
        }
    }

    /// Takes in what some events change, and that they were taken in: both or neither.
    func apply(_ changes: [RevocationChange], at position: FeedPosition) async throws {
        try await database.write { transaction in
            for change in changes { try transaction.apply(change) }
            try transaction.store(position)
        }
    }

    /// Begins anew: these users are locked, and no others.
    func begin(with users: [String], at position: FeedPosition) async throws {
        try await database.write { transaction in
            try transaction.execute("DELETE FROM revocations WHERE kind = 'locked_user'")
            for user in users {
                try transaction.apply(.add(Revocation(kind: .lockedUser, id: user, until: nil)))
            }
            try transaction.store(position)
        }
    }

    /// Forgets what is old enough, in short transactions.
    ///
    /// - Returns: How many.
    @discardableResult
    func forget(now: Int64, limit: Int = 1_000) async throws -> Int {
        var forgotten = 0
        while true {
            let count = try await database.write { transaction in
                try transaction.execute(
                    """
                    DELETE FROM revocations WHERE (kind, id) IN
                        (SELECT kind, id FROM revocations WHERE until <= ? ORDER BY until LIMIT ?)
                    """, .integer(now), SQLValue(limit))
            }
            forgotten += count
            guard count == limit else { return forgotten }
        }
    }
}

extension Transaction {
    fileprivate func apply(_ change: RevocationChange) throws {
        switch change {
        case .add(let revocation):
            try execute(
                """
                INSERT INTO revocations (kind, id, until) VALUES (?, ?, ?)
                ON CONFLICT (kind, id) DO UPDATE SET until = excluded.until
                """,
                .text(revocation.kind.rawValue), .text(revocation.id), SQLValue(revocation.until))
            if revocation.kind == .erasedUser { try removeWebhookEndpoints(of: revocation.id) }
        case .unlock(let user):
            try execute("DELETE FROM revocations WHERE kind = 'locked_user' AND id = ?", .text(user))
        }
    }

    fileprivate func store(_ position: FeedPosition) throws {
        try execute(
            """
            INSERT INTO feed_position (one, position, locks_read_at) VALUES (1, ?, ?)
            ON CONFLICT (one) DO UPDATE SET position = excluded.position, locks_read_at = excluded.locks_read_at
            """,
            .integer(position.position), .integer(position.locksReadAt))
    }
}
