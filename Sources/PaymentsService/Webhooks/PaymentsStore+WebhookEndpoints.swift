import Chassis
import Storage

/// What became of a change to an endpoint.
enum WebhookChange: Sendable, Hashable {
    case changed(WebhookEndpoint)
    /// The user has no such endpoint.
    case missing
    /// It is not the version that the change was meant for.
    case conflict
}

extension PaymentsStore {
    /// Makes an endpoint of an order that has a URL. It hears of what happens from now on.
    ///
    /// - Returns: nil when the user has `limit` of them.
    /// - Throws: `Problem` 409 `account_closed` when the user's accounts were closed for good: nothing more is told of them.
    func makeWebhookEndpoint(
        _ order: WebhookEndpointOrder, for owner: String, atMost limit: Int
    ) async throws -> WebhookEndpoint? {
        let (id, now) = (identifiers.make("whe"), clock.now)
        let endpoint = WebhookEndpoint(
            id: id, owner: owner, url: order.url ?? "", description: order.description ?? nil,
            types: order.types ?? nil, isEnabled: order.isEnabled ?? true, disabledReason: nil, version: 1,
            secretVersion: 1, previousSecretUntil: nil, failingSince: nil, createdAt: now)
        return try await database.write { transaction in
            if try transaction.isClosed(user: owner) { throw Refusal.userClosed.problem }
            let count = try transaction.first("SELECT COUNT(*) FROM webhook_endpoints WHERE owner = ?", .text(owner)) {
                try $0.int(0)
            }
            guard (count ?? 0) < limit else { return nil }
            try transaction.insert(endpoint, after: try transaction.lastEvent())
            return endpoint
        }
    }

    /// The endpoint, when it belongs to `owner`.
    func webhookEndpoint(_ id: String, of owner: String) async throws -> WebhookEndpoint? {
        let endpoint = try await webhookEndpoint(id)
        return endpoint?.owner == owner ? endpoint : nil
    }

    func webhookEndpoint(_ id: String) async throws -> WebhookEndpoint? {
        try await database.lookup { try $0.webhookEndpoint(id) }
    }

    /// The endpoint, when anything may be sent there: it is enabled, and its owner is not locked.
    func receivingWebhookEndpoint(_ id: String) async throws -> WebhookEndpoint? {
        try await database.lookup { reader in
            try reader.first(
                WebhookEndpoint.columns + " WHERE id = ? AND " + WebhookEndpoint.receives, .text(id),
                map: WebhookEndpoint.init)
        }
    }

    /// The endpoints of `owner`, newest first, older than `before`.
    func webhookEndpoints(of owner: String, before: String?, limit: Int) async throws -> [WebhookEndpoint] {
        try await database.read { reader in
            try reader.all(
                WebhookEndpoint.columns + " WHERE owner = ? AND id < ? ORDER BY id DESC LIMIT ?", .text(owner),
                .text(before ?? Self.afterEveryID), SQLValue(limit), map: WebhookEndpoint.init)
        }
    }

    /// Changes what the order names, if `isExpected` says so of the version that there is.
    func change(
        webhookEndpoint id: String, of owner: String, by order: WebhookEndpointOrder,
        if isExpected: @escaping @Sendable (Int64) -> Bool
    ) async throws -> WebhookChange {
        try await update(webhookEndpoint: id, of: owner, if: isExpected) { $0.apply(order) }
    }

    /// Makes another secret; the one before goes on signing for a while.
    func rotateSecret(
        ofWebhookEndpoint id: String, of owner: String, overlapMilliseconds: Int64
    ) async throws -> WebhookEndpoint? {
        let now = clock.now
        let change = try await update(webhookEndpoint: id, of: owner, if: { _ in true }) { endpoint in
            endpoint.secretVersion += 1
            endpoint.previousSecretUntil = overlapMilliseconds > 0 ? now + overlapMilliseconds : nil
        }
        guard case .changed(let endpoint) = change else { return nil }
        return endpoint
    }

    private func update(
        webhookEndpoint id: String, of owner: String, if isExpected: @escaping @Sendable (Int64) -> Bool,
        _ body: @escaping @Sendable (inout WebhookEndpoint) -> Void
    ) async throws -> WebhookChange {
        try await database.write { transaction in
            guard var endpoint = try transaction.webhookEndpoint(id), endpoint.owner == owner else { return .missing }
            guard isExpected(endpoint.version) else { return .conflict }
            body(&endpoint)
            endpoint.version += 1
            try transaction.update(endpoint)
            return .changed(endpoint)
        }
    }

    /// Removes an endpoint; its deliveries follow, a few at a time.
    ///
    /// - Returns: Whether there was one.
    func remove(webhookEndpoint id: String, of owner: String) async throws -> Bool {
        try await database.write { transaction in
            guard try transaction.webhookEndpoint(id)?.owner == owner else { return false }
            try transaction.remove(webhookEndpoint: id)
            return true
        }
    }
}

extension WebhookEndpoint {
    fileprivate mutating func apply(_ order: WebhookEndpointOrder) {
        if let url = order.url { self.url = url }
        if let description = order.description { self.description = description }
        if let types = order.types { self.types = types }
        guard let isEnabled = order.isEnabled else { return }
        // Who enables it says that it works again.
        if isEnabled, !self.isEnabled { failingSince = nil }
        self.isEnabled = isEnabled
        disabledReason = nil
    }

    static let columns: SQL = """
        SELECT id, owner, url, description, types, enabled, disabled_reason, version, secret_version,
            previous_secret_until, failing_since, created_at
        FROM webhook_endpoints
        """

    /// Whether anything may be sent to an endpoint of the table `webhook_endpoints`.
    static let receives: SQL = """
        enabled = 1 AND NOT EXISTS
            (SELECT 1 FROM revocations WHERE kind = 'locked_user' AND id = webhook_endpoints.owner)
        """

    init(_ row: Row) throws {
        let reason = try row.optionalString(6)
        self.init(
            id: try row.string(0), owner: try row.string(1), url: try row.string(2),
            description: try row.optionalString(3),
            types: try row.optionalString(4).map { $0.split(separator: ",").map(String.init) },
            isEnabled: try row.bool(5), disabledReason: reason.flatMap { DisabledReason(rawValue: $0) },
            version: try row.int64(7), secretVersion: try row.int64(8), previousSecretUntil: try row.optionalInt64(9),
            failingSince: try row.optionalInt64(10), createdAt: try row.int64(11))
    }

    fileprivate var typeList: SQLValue { SQLValue(types.map { ",\($0.joined(separator: ","))," }) }
}

extension Reader {
    func webhookEndpoint(_ id: String) throws -> WebhookEndpoint? {
        try first(WebhookEndpoint.columns + " WHERE id = ?", .text(id), map: WebhookEndpoint.init)
    }
}

extension Transaction {
    fileprivate func insert(_ endpoint: WebhookEndpoint, after position: Int64) throws {
        try execute(
            """
            INSERT INTO webhook_endpoints (id, owner, url, description, types, enabled, version, secret_version,
                begins_after, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(endpoint.id), .text(endpoint.owner), .text(endpoint.url), SQLValue(endpoint.description),
            endpoint.typeList, SQLValue(endpoint.isEnabled), .integer(endpoint.version),
            .integer(endpoint.secretVersion), .integer(position), .integer(endpoint.createdAt))
    }

    fileprivate func update(_ endpoint: WebhookEndpoint) throws {
        try execute(
            """
            UPDATE webhook_endpoints SET url = ?2, description = ?3, types = ?4, enabled = ?5, disabled_reason = ?6,
                version = ?7, secret_version = ?8, previous_secret_until = ?9, failing_since = ?10
            WHERE id = ?1
            """,
            .text(endpoint.id), .text(endpoint.url), SQLValue(endpoint.description), endpoint.typeList,
            SQLValue(endpoint.isEnabled), SQLValue(endpoint.disabledReason?.rawValue), .integer(endpoint.version),
            .integer(endpoint.secretVersion), SQLValue(endpoint.previousSecretUntil), SQLValue(endpoint.failingSince))
    }

    fileprivate func remove(webhookEndpoint id: String) throws {
        try execute("DELETE FROM webhook_endpoints WHERE id = ?", .text(id))
        try execute("INSERT INTO removed_webhook_endpoints (id) VALUES (?) ON CONFLICT (id) DO NOTHING", .text(id))
    }

    /// Nothing more is told of a user whose accounts are closed for good, or who is erased.
    func removeWebhookEndpoints(of owner: String) throws {
        let ids = try all("SELECT id FROM webhook_endpoints WHERE owner = ?", .text(owner)) { try $0.string(0) }
        for id in ids { try remove(webhookEndpoint: id) }
    }
}
