/// What is told is not what happened.
extension PlantedFault {
    static let ofEvents = [
        PlantedFault(
            "outbox_numbers", "UPDATE outbox SET sequence = 99 WHERE sequence = (SELECT MAX(sequence) FROM outbox)"),
        PlantedFault(
            "outbox_numbers",
            """
            UPDATE outbox SET id = (SELECT id FROM outbox WHERE sequence = 1)
            WHERE sequence = (SELECT MAX(sequence) FROM outbox)
            """),
        PlantedFault("outbox_numbers", "UPDATE outbox_position SET distributed = 99").also("event_index"),
        PlantedFault(
            "events_of_effects",
            "UPDATE outbox SET type = 'payment.told' WHERE sequence = (SELECT MAX(sequence) FROM outbox)"
        ).also("effects_of_events"),
        PlantedFault(
            "events_of_effects",
            """
            INSERT INTO outbox (id, type, owner, other_owner, data, created_at)
            SELECT 'evt_again', type, owner, other_owner, data, created_at FROM outbox ORDER BY sequence DESC LIMIT 1
            """),
        PlantedFault("events_of_effects", "UPDATE outbox SET type = 'payment.told' WHERE type = 'payment.canceled'")
            .also("effects_of_events"),
        PlantedFault(
            "effects_of_events", "UPDATE outbox SET owner = 'eve' WHERE sequence = (SELECT MAX(sequence) FROM outbox)"),
        PlantedFault(
            "effects_of_events",
            """
            INSERT INTO outbox (id, type, owner, data, created_at)
            SELECT 'evt_x', 'payment.expired', owner, data, created_at FROM outbox WHERE type = 'payment.canceled'
            """),
        PlantedFault("event_index", "DELETE FROM user_events WHERE sequence = 1"),
        PlantedFault("event_index", "INSERT INTO user_events VALUES ('eve', 1, 'payment.succeeded')"),
        PlantedFault("audit_numbers", "DELETE FROM audit_log WHERE sequence = 2"),
        PlantedFault("audit_numbers", "DELETE FROM audit_log WHERE sequence = 1"),
    ]

    static let ofWebhooks = [
        PlantedFault("webhook_endpoints", rows: 2, "UPDATE webhook_endpoints SET pending = pending + 1"),
        PlantedFault("webhook_endpoints", "UPDATE webhook_endpoints SET secret_version = 2 WHERE owner = 'bob'"),
        PlantedFault("webhook_endpoints", "INSERT INTO closed_users VALUES ('dan', 1)"),
        PlantedFault(
            "webhook_endpoints",
            "INSERT INTO removed_webhook_endpoints SELECT id FROM webhook_endpoints WHERE owner = 'dan'"),
        PlantedFault("webhook_deliveries", rows: 3, "DELETE FROM removed_webhook_endpoints"),
        PlantedFault("webhook_deliveries", "UPDATE webhook_deliveries SET attempts = 0 WHERE status = 'delivered'"),
        PlantedFault(
            "webhook_deliveries", "UPDATE webhook_deliveries SET response_status = 500 WHERE status = 'delivered'"),
        PlantedFault("webhook_deliveries", "UPDATE webhook_deliveries SET failure = NULL WHERE status = 'dead'"),
        PlantedFault(
            "webhook_deliveries",
            """
            INSERT INTO webhook_deliveries (id, endpoint, event, type, body, status, attempts, expires_at, failure,
                created_at, finished_at)
            SELECT 'whd_x', endpoint, event, type, body, 'dead', 0, expires_at, 'expired', created_at, finished_at
            FROM webhook_deliveries WHERE status = 'delivered'
            """),
        PlantedFault(
            "webhook_events", "UPDATE webhook_deliveries SET event = 'evt_none' WHERE status = 'delivered'"),
        PlantedFault(
            "webhook_events",
            """
            UPDATE webhook_deliveries SET body = CAST(replace(CAST(body AS TEXT), '"amount":40', '"amount":4') AS BLOB)
            WHERE status = 'delivered'
            """),
        PlantedFault("webhook_events", rows: 3, "UPDATE webhook_endpoints SET begins_after = 99"),
        PlantedFault("webhook_events", rows: 3, "UPDATE webhook_endpoints SET owner = 'eve' WHERE owner = 'bob'"),
    ]
}
