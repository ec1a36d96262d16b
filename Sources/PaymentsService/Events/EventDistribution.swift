import Chassis
import Storage

extension PaymentsStore {
    /// How many events are distributed in one request to the writer: about a millisecond of its time.
    static let distributionSize = 250

    /// Takes the next events of the outbox to whom they concern.
    ///
    /// - Parameter mostPending: Deliveries that may be pending for one endpoint.
    func distribute(limit: Int = distributionSize, mostPending: Int = 10_000) async throws -> Distribution {
        // A look costs no commit.
        let isBehind = try await database.lookup { try $0.lastEvent() > $0.distributed() }
        guard isBehind else { return Distribution() }
        let (identifiers, now) = (identifiers, clock.now)
        return try await database.write { transaction in
            let window = try transaction.distribute(limit: limit)
            guard let window, try transaction.exists("SELECT 1 FROM webhook_endpoints WHERE enabled = 1 LIMIT 1") else {
                return Distribution(count: window?.count ?? 0)
            }
            let endpoints = try transaction.deliver(window, mostPending: mostPending, at: now) {
                identifiers.make("whd")
            }
            return Distribution(count: window.count, endpoints: endpoints)
        }
    }
}

/// What was distributed.
struct Distribution: Sendable, Hashable {
    /// How many events.
    var count = 0
    /// The endpoints that have something to be delivered now.
    var endpoints: Set<String> = []
}

/// Events behind `after`, up to `last`.
struct EventWindow: Sendable, Hashable {
    let after: Int64
    let last: Int64
    let count: Int
}

extension Transaction {
    /// The position moves in the transaction of its effect: nothing is distributed twice, or not at all.
    ///
    /// - Returns: The events; `nil` when there were none.
    fileprivate func distribute(limit: Int) throws -> EventWindow? {
        let position = try distributed()
        let window = try first(
            """
            SELECT COUNT(*), MAX(sequence)
            FROM (SELECT sequence FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?)
            """, .integer(position), SQLValue(limit)
        ) { (count: try $0.int(0), last: try $0.optionalInt64(1)) }
        guard let window, let last = window.last else { return nil }
        try execute(
            """
            INSERT INTO user_events (user, sequence, type)
            SELECT owner, sequence, type FROM outbox WHERE sequence > ?1 AND sequence <= ?2
            UNION ALL
            SELECT other_owner, sequence, type FROM outbox
            WHERE sequence > ?1 AND sequence <= ?2 AND other_owner IS NOT NULL
            """, .integer(position), .integer(last))
        try execute("UPDATE outbox_position SET distributed = ?", .integer(last))
        return EventWindow(after: position, last: last, count: window.count)
    }
}
