import Chassis
import Storage

extension PaymentsStore {
    /// Removes events older than `milliseconds`, oldest first, in short transactions.
    ///
    /// What has not been distributed stays, however old it is, and so does the last event: the next one's number is
    /// counted from it.
    ///
    /// - Returns: How many.
    @discardableResult
    func purgeEvents(olderThan milliseconds: Int64, windowSize: Int = 500) async throws -> Int {
        let horizon = clock.now - milliseconds
        var removed = 0
        while true {
            let window = try await database.write { transaction in
                try transaction.purgeEvents(before: horizon, window: windowSize)
            }
            removed += window
            if window < windowSize { return removed }
        }
    }
}

extension Transaction {
    fileprivate func purgeEvents(before horizon: Int64, window: Int) throws -> Int {
        let rows = try all(
            """
            SELECT sequence, owner, other_owner, created_at FROM outbox
            WHERE sequence <= (SELECT distributed FROM outbox_position)
                AND sequence < (SELECT MAX(sequence) FROM outbox)
            ORDER BY sequence LIMIT ?
            """, SQLValue(window), map: PurgeableEvent.init
        ).prefix { $0.createdAt < horizon }
        for row in rows {
            for user in [row.owner, row.otherOwner].compactMap({ $0 }) {
                try execute(
                    "DELETE FROM user_events WHERE user = ? AND sequence = ?", .text(user), .integer(row.sequence))
            }
        }
        if let last = rows.last {
            try execute("DELETE FROM outbox WHERE sequence <= ?", .integer(last.sequence))
        }
        return rows.count
    }
}

/// An event that may be old enough.
private struct PurgeableEvent {
    let sequence: Int64
    let owner: String
    let otherOwner: String?
    let createdAt: Int64

    init(_ row: Row) throws {
        sequence = try row.int64(0)
        owner = try row.string(1)
        otherOwner = try row.optionalString(2)
        createdAt = try row.int64(3)
    }
}
