import Storage

extension PaymentsStore {
    /// How many events are distributed in one request to the writer: about a millisecond of its time.
    static let distributionSize = 250

    /// Takes the next events of the outbox to whom they concern.
    ///
    /// - Returns: How many they were.
    func distribute(limit: Int = distributionSize) async throws -> Int {
        // A look costs no commit.
        let isBehind = try await database.lookup { try $0.lastEvent() > $0.distributed() }
        guard isBehind else { return 0 }
        return try await database.write { transaction in try transaction.distribute(limit: limit) }
    }
}

extension Transaction {
    /// The position moves in the transaction of its effect: nothing is distributed twice, or not at all.
    fileprivate func distribute(limit: Int) throws -> Int {
        let position = try distributed()
        let window = try first(
            """
            SELECT COUNT(*), MAX(sequence)
            FROM (SELECT sequence FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?)
            """, .integer(position), SQLValue(limit)
        ) { (count: try $0.int(0), last: try $0.optionalInt64(1)) }
        guard let window, let last = window.last else { return 0 }
        try execute(
            """
            INSERT INTO user_events (user, sequence, type)
            SELECT owner, sequence, type FROM outbox WHERE sequence > ?1 AND sequence <= ?2
            UNION ALL
            SELECT other_owner, sequence, type FROM outbox
            WHERE sequence > ?1 AND sequence <= ?2 AND other_owner IS NOT NULL
            """, .integer(position), .integer(last))
        try execute("UPDATE outbox_position SET distributed = ?", .integer(last))
        return window.count
    }
}
