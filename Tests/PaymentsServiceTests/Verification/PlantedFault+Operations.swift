/// What people asked for is not what the ledger did.
extension PlantedFault {
    static let ofOperations = [
        PlantedFault("payments", "UPDATE payments SET amount = 41 WHERE amount = 40"),
        PlantedFault("payments", "UPDATE payments SET destination_owner = 'eve' WHERE amount = 40")
            .also("effects_of_events"),
        PlantedFault("payments", "UPDATE payments SET captured = 7 WHERE captured = 8").also("refund_totals"),
        PlantedFault("payments", "UPDATE payments SET status = 'expired' WHERE amount = 12")
            .also("events_of_effects", "effects_of_events"),
        PlantedFault("fees", "UPDATE payments SET fee = 2 WHERE amount = 6"),
        PlantedFault("fees", "UPDATE payments SET fee = 1 WHERE amount = 40"),
        PlantedFault(
            "processor_operations", "UPDATE processor_operations SET status = 'processing' WHERE amount = 100"
        ).also("effects_of_events", "answers_of_keys"),
        PlantedFault("processor_operations", "UPDATE processor_operations SET amount = 8 WHERE amount = 7"),
        PlantedFault("processor_operations", "UPDATE processor_operations SET kind = 'deposit' WHERE amount = 13")
            .also("events_of_effects", "effects_of_events", "answers_of_keys"),
    ]

    static let ofRefunds = [
        PlantedFault("refunds", "UPDATE refunds SET amount = 13, total = 13 WHERE amount = 14").also("refund_totals"),
        // Two share a transfer, and one is left over.
        PlantedFault(
            "refunds", rows: 3,
            "UPDATE refunds SET transfer = (SELECT transfer FROM refunds WHERE amount = 14) WHERE amount = 15"
        ).also("fees"),
        PlantedFault(
            "refunds",
            """
            UPDATE transfers SET linked_transfer = (SELECT transfer FROM payments WHERE amount = 40)
            WHERE id = (SELECT transfer FROM refunds WHERE amount = 14)
            """),
        PlantedFault("refunds", "UPDATE refunds SET payee = 'eve' WHERE amount = 15")
            .also("effects_of_events", "answers_of_keys"),
        PlantedFault(
            "refunds", rows: 2,
            "UPDATE payments SET status = 'canceled', captured = 0, refunded = 29, fee = 0 WHERE amount = 30"
        ).also("payments", "refund_totals", "events_of_effects", "effects_of_events", "integrity"),
        PlantedFault("refund_totals", "UPDATE payments SET refunded = 28 WHERE amount = 30"),
        PlantedFault("refund_totals", "UPDATE refunds SET total = 30 WHERE amount = 15"),
        // The last of them is gone.
        PlantedFault("refund_totals", "DELETE FROM refunds WHERE amount = 15")
            .also("refunds", "fees", "effects_of_events", "answers_of_keys"),
    ]
}
