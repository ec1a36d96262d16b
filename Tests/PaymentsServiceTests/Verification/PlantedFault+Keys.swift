/// What is answered to retries is not what happened.
extension PlantedFault {
    static let ofKeys = [
        PlantedFault(
            "unanswered_keys", "UPDATE idempotency_keys SET status = NULL, body = NULL WHERE key = 'k40'"),
        PlantedFault(
            "unanswered_keys", "UPDATE idempotency_keys SET status = 202, body = X'7B7D' WHERE key = 'p17'"),
        PlantedFault("unanswered_keys", "DELETE FROM idempotency_keys WHERE key = 'p17'"),
        PlantedFault(
            "answers_of_keys", "UPDATE idempotency_keys SET location = '/v1/payments/pay_none' WHERE key = 'k40'"),
        PlantedFault(
            "answers_of_keys", "UPDATE idempotency_keys SET location = '/v1/deposits/dep_none' WHERE key = 'k40'"),
        PlantedFault(
            "answers_of_keys", "UPDATE idempotency_keys SET location = '/v1/refunds/rfnd_none' WHERE key = 'refund-14'"
        ).also("keys_of_effects"),
        PlantedFault("answers_of_keys", "UPDATE idempotency_keys SET status = 402 WHERE key = 'k40'"),
        PlantedFault("answers_of_keys", "UPDATE idempotency_keys SET status = 201 WHERE key = 'p5'"),
        PlantedFault("answers_of_keys", "UPDATE idempotency_keys SET subject = 'eve' WHERE key = 'k40'"),
        PlantedFault(
            "answers_of_batches",
            """
            UPDATE idempotency_keys SET body = CAST(replace(CAST(body AS TEXT), '"pay_', '"pay_x') AS BLOB)
            WHERE key = 'batch-independent'
            """
        ).also("keys_of_effects"),
        PlantedFault("keys_of_effects", "DELETE FROM idempotency_keys WHERE key = 'a11'"),
        PlantedFault("keys_of_effects", "DELETE FROM idempotency_keys WHERE key = 'refund-15'"),
        PlantedFault("keys_of_effects", "DELETE FROM idempotency_keys WHERE key = 'batch-independent'"),
        PlantedFault(
            "keys_of_effects",
            """
            INSERT INTO idempotency_keys (subject, key, fingerprint, status, body, location, created_at)
            SELECT subject, 'twin', fingerprint, status, body, location, created_at
            FROM idempotency_keys WHERE key = 'k40'
            """),
    ]
}
