import Chassis
import Storage

extension PaymentsStore {
    /// The deliveries to an endpoint, newest first, older than `before`; of one status, or all.
    func webhookDeliveries(
        to endpoint: String, status: WebhookDelivery.Status?, before: String?, limit: Int
    ) async throws -> [WebhookDelivery] {
        try await database.read { reader in
            try reader.all(
                WebhookDelivery.columns
                    + " WHERE endpoint = ?1 AND id < ?2 AND (?3 IS NULL OR status = ?3) ORDER BY id DESC LIMIT ?4",
                .text(endpoint), .text(before ?? Self.afterEveryID), SQLValue(status?.rawValue), SQLValue(limit),
                map: WebhookDelivery.init)
        }
    }

    /// Sends something to an endpoint that never happened, to see whether it arrives.
    ///
    /// - Returns: nil when the endpoint is gone by then, or disabled.
    func testWebhook(_ endpoint: WebhookEndpoint) async throws -> WebhookDelivery? {
        let now = clock.now
        let event = StoredEvent(
            sequence: 0, id: identifiers.make("evt"), type: WebhookDelivery.testType,
            data: Array(#"{"endpoint":"\#(endpoint.id)"}"#.utf8), createdAt: now)
        let delivery = WebhookDelivery(id: identifiers.make("whd"), event, to: endpoint.id, at: now)
        return try await database.write { transaction in
            guard try transaction.webhookEndpoint(endpoint.id)?.isEnabled == true else { return nil }
            try transaction.insert(delivery, body: event.json)
            try transaction.count(pending: 1, of: endpoint.id)
            return delivery
        }
    }

    /// Makes a delivery due now, whatever became of it; nil when the endpoint has no such one.
    func redeliver(_ id: String, to endpoint: String) async throws -> WebhookDelivery? {
        let now = clock.now
        return try await database.write { transaction in
            guard let before = try transaction.webhookDelivery(id), before.endpoint == endpoint else { return nil }
            try transaction.execute(
                """
                UPDATE webhook_deliveries SET status = 'pending', next_attempt_at = ?2, expires_at = ?3,
                    finished_at = NULL
                WHERE id = ?1
                """, .text(id), .integer(now), .integer(now + DeliverySchedule.lifetime))
            if before.status != .pending { try transaction.count(pending: 1, of: endpoint) }
            return try transaction.webhookDelivery(id)
        }
    }

    // MARK: - For the relay

    /// The endpoints that receive and have something pending, in the order of their ids, after one.
    func endpointsWithDeliveries(after id: String, limit: Int = 100) async throws -> [String] {
        try await database.read { reader in
            try reader.all(
                "SELECT id FROM webhook_endpoints WHERE id > ? AND pending > 0 AND " + WebhookEndpoint.receives
                    + " ORDER BY id LIMIT ?",
                .text(id), SQLValue(limit)
            ) { try $0.string(0) }
        }
    }

    /// What is to be delivered to an endpoint next, in the order in which it is due, and its body.
    func dueDeliveries(
        to endpoint: String, limit: Int
    ) async throws -> [(delivery: WebhookDelivery, body: [UInt8])] {
        try await database.read { reader in
            let ids = try reader.all(
                """
                SELECT id FROM webhook_deliveries WHERE endpoint = ? AND status = 'pending'
                ORDER BY next_attempt_at LIMIT ?
                """, .text(endpoint), SQLValue(limit)
            ) { try $0.string(0) }
            return try ids.compactMap { id in
                guard let delivery = try reader.webhookDelivery(id),
                    let body = try reader.first(
                        "SELECT body FROM webhook_deliveries WHERE id = ?", .text(id),
                        map: {
                            try $0.bytes(0)
                        })
                else { return nil }
                return (delivery, body)
            }
        }
    }

    /// Writes down how an attempt ended, and what follows from it.
    ///
    /// - Returns: Whether the endpoint was disabled by it.
    @discardableResult
    func settle(_ delivery: WebhookDelivery, _ attempt: DeliveryAttempt, random: Double) async throws -> Bool {
        let now = clock.now
        return try await database.write { transaction in
            guard var current = try transaction.webhookDelivery(delivery.id), current.status == .pending else {
                return false
            }
            current.record(attempt, at: now, random: random)
            try transaction.update(current)
            if current.status != .pending { try transaction.count(pending: -1, of: current.endpoint) }
            return try transaction.note(attempt, of: current.endpoint, at: now)
        }
    }

    /// Gives up what has expired without being tried, as of endpoints that receive nothing.
    ///
    /// - Returns: How many.
    @discardableResult
    func expireDeliveries(windowSize: Int = 200) async throws -> Int {
        let now = clock.now
        var count = 0
        while true {
            let expired = try await database.write { transaction in
                let late = try transaction.all(
                    WebhookDelivery.columns + " WHERE status = 'pending' AND expires_at < ? LIMIT ?", .integer(now),
                    SQLValue(windowSize), map: WebhookDelivery.init)
                for var delivery in late {
                    delivery.giveUp(at: now)
                    try transaction.update(delivery)
                    try transaction.count(pending: -1, of: delivery.endpoint)
                }
                return late.count
            }
            count += expired
            if expired < windowSize { return count }
        }
    }

    /// Removes deliveries that were finished longer ago than `milliseconds`, and those of endpoints that are gone.
    func purgeDeliveries(olderThan milliseconds: Int64, windowSize: Int = 200) async throws {
        let horizon = clock.now - milliseconds
        while try await database.write({ transaction in
            try transaction.execute(
                """
                DELETE FROM webhook_deliveries WHERE id IN
                    (SELECT id FROM webhook_deliveries WHERE finished_at < ? LIMIT ?)
                """, .integer(horizon), SQLValue(windowSize))
        }) == windowSize {}
        while try await database.write({ try $0.purgeRemovedEndpoint(window: windowSize) }) {}
    }
}

extension WebhookDelivery {
    /// What a test is called.
    static let testType = "webhook.test"

    /// A delivery of an event, due at once.
    init(id: String, _ event: StoredEvent, to endpoint: String, at now: Int64) {
        self.init(
            id: id, endpoint: endpoint, event: event.id, type: event.type, status: .pending, attempts: 0,
            nextAttemptAt: now, expiresAt: now + DeliverySchedule.lifetime, createdAt: now, trace: event.trace)
    }

    static let columns: SQL = """
        SELECT id, endpoint, event, type, status, attempts, next_attempt_at, expires_at, last_attempt_at,
            response_status, failure, created_at, finished_at, trace
        FROM webhook_deliveries
        """

    init(_ row: Row) throws {
        let status = try row.string(4)
        guard let status = Status(rawValue: status) else { throw UnknownStatus(text: status) }
        self.init(
            id: try row.string(0), endpoint: try row.string(1), event: try row.string(2), type: try row.string(3),
            status: status, attempts: try row.int(5), nextAttemptAt: try row.optionalInt64(6),
            expiresAt: try row.int64(7), lastAttemptAt: try row.optionalInt64(8),
            responseStatus: try row.optionalInt64(9).map { Int($0) }, failure: try row.optionalString(10),
            createdAt: try row.int64(11), finishedAt: try row.optionalInt64(12), trace: try row.optionalString(13))
    }
}

extension Reader {
    func webhookDelivery(_ id: String) throws -> WebhookDelivery? {
        try first(WebhookDelivery.columns + " WHERE id = ?", .text(id), map: WebhookDelivery.init)
    }
}

extension Transaction {
    func insert(_ delivery: WebhookDelivery, body: [UInt8]) throws {
        try execute(
            """
            INSERT INTO webhook_deliveries (id, endpoint, event, type, body, status, next_attempt_at, expires_at,
                created_at, trace)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(delivery.id), .text(delivery.endpoint), .text(delivery.event), .text(delivery.type), .blob(body),
            .text(delivery.status.rawValue), SQLValue(delivery.nextAttemptAt), .integer(delivery.expiresAt),
            .integer(delivery.createdAt), SQLValue(delivery.trace))
    }

    /// Adds to how many deliveries of an endpoint are pending.
    func count(pending change: Int, of endpoint: String) throws {
        try execute(
            "UPDATE webhook_endpoints SET pending = pending + ?2 WHERE id = ?1", .text(endpoint), SQLValue(change))
    }

    fileprivate func update(_ delivery: WebhookDelivery) throws {
        try execute(
            """
            UPDATE webhook_deliveries SET status = ?2, attempts = ?3, next_attempt_at = ?4, last_attempt_at = ?5,
                response_status = ?6, failure = ?7, finished_at = ?8
            WHERE id = ?1
            """,
            .text(delivery.id), .text(delivery.status.rawValue), SQLValue(delivery.attempts),
            SQLValue(delivery.nextAttemptAt), SQLValue(delivery.lastAttemptAt),
            SQLValue(delivery.responseStatus.map { Int64($0) }), SQLValue(delivery.failure),
            SQLValue(delivery.finishedAt))
    }

    /// Keeps since when an endpoint has been failing; disables it when that is too long.
    ///
    /// - Returns: Whether it was disabled.
    fileprivate func note(_ attempt: DeliveryAttempt, of endpoint: String, at now: Int64) throws -> Bool {
        guard !attempt.hasArrived else {
            try execute(
                "UPDATE webhook_endpoints SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL",
                .text(endpoint))
            return false
        }
        try execute(
            "UPDATE webhook_endpoints SET failing_since = ?2 WHERE id = ?1 AND failing_since IS NULL",
            .text(endpoint), .integer(now))
        let disabled = try execute(
            """
            UPDATE webhook_endpoints SET enabled = 0, disabled_reason = 'failing'
            WHERE id = ?1 AND enabled = 1 AND failing_since <= ?2
            """, .text(endpoint), .integer(now - DeliverySchedule.lifetime))
        return disabled > 0
    }

    /// - Returns: Whether there may be more.
    fileprivate func purgeRemovedEndpoint(window: Int) throws -> Bool {
        guard let id = try first("SELECT id FROM removed_webhook_endpoints LIMIT 1", map: { try $0.string(0) }) else {
            return false
        }
        let removed = try execute(
            """
            DELETE FROM webhook_deliveries WHERE id IN
                (SELECT id FROM webhook_deliveries WHERE endpoint = ? LIMIT ?)
            """, .text(id), SQLValue(window))
        if removed < window { try execute("DELETE FROM removed_webhook_endpoints WHERE id = ?", .text(id)) }
        return true
    }
}
