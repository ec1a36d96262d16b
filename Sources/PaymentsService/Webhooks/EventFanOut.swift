import Storage

extension Transaction {
    /// Makes a delivery of each event of `window` for each endpoint that wants it. An endpoint that has too many pending
    /// is disabled: its owner reads the events from the list.
    ///
    /// - Returns: The endpoints that got any.
    func deliver(
        _ window: EventWindow, mostPending: Int, at now: Int64, id: () -> String
    ) throws -> Set<String> {
        var added: [String: Int] = [:]
        for match in try matches(window) {
            let count = added[match.endpoint, default: 0]
            guard match.pending + count < mostPending else {
                try disable(match.endpoint)
                continue
            }
            let delivery = WebhookDelivery(id: id(), match.event, to: match.endpoint, at: now)
            try insert(delivery, body: match.event.json)
            added[match.endpoint] = count + 1
        }
        for (endpoint, count) in added { try self.count(pending: count, of: endpoint) }
        return Set(added.keys)
    }

    /// An endpoint hears of what has happened since it was made.
    private func matches(_ window: EventWindow) throws -> [EventMatch] {
        try all(
            """
            SELECT outbox.sequence, outbox.id, outbox.type, outbox.data, outbox.created_at, endpoints.id,
                endpoints.pending, outbox.trace
            FROM outbox JOIN webhook_endpoints AS endpoints
                ON endpoints.owner = outbox.owner OR endpoints.owner = outbox.other_owner
            WHERE outbox.sequence > ?1 AND outbox.sequence <= ?2 AND endpoints.enabled = 1
                AND endpoints.begins_after < outbox.sequence
                AND (endpoints.types IS NULL OR instr(endpoints.types, ',' || outbox.type || ',') > 0)
            ORDER BY outbox.sequence
            """, .integer(window.after), .integer(window.last)
        ) { row in
            var event = try StoredEvent(row)
            event.trace = try row.optionalString(7)
            return EventMatch(event: event, endpoint: try row.string(5), pending: try row.int(6))
        }
    }

    private func disable(_ endpoint: String) throws {
        try execute(
            """
            UPDATE webhook_endpoints SET enabled = 0, disabled_reason = 'backlog' WHERE id = ? AND enabled = 1
            """, .text(endpoint))
    }
}

/// An event that an endpoint wants.
private struct EventMatch {
    let event: StoredEvent
    let endpoint: String
    /// How many deliveries wait there already.
    let pending: Int
}
