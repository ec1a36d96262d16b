import Storage

/// The answers that are kept under the keys of requests.
extension Invariant {
    static let ofKeys = [unansweredKeys, answersOfKeys, answersOfBatches, keysOfEffects]

    /// Everything that goes on after its first commit joins here.
    static let unansweredKeys = Invariant(
        "unanswered_keys",
        "A key without an answer is that of a deposit or withdrawal of which the processor has said nothing, and only such a key.",
        rows: """
            SELECT subject || ' ' || key, 'has no answer, and nothing under it is under way'
            FROM idempotency_keys
            WHERE status IS NULL AND NOT EXISTS (
                SELECT 1 FROM processor_operations AS operations
                WHERE owner = subject AND idempotency_key = key AND operations.status = 'processing' AND attempts = 0)
            UNION ALL
            SELECT id, 'nothing was said of it, and its key ' || idempotency_key || ' has an answer or is gone'
            FROM processor_operations AS operations
            WHERE status = 'processing' AND attempts = 0 AND NOT EXISTS (
                SELECT 1 FROM idempotency_keys AS keys
                WHERE subject = owner AND key = idempotency_key AND keys.status IS NULL)
            """)

    static let answersOfKeys = Invariant(
        "answers_of_keys",
        "What a kept answer says was made is there, belongs to the one who asked, and has come as far as the answer says.",
        rows: """
            SELECT subject || ' ' || key, status || ', ' || location || ' is not there, or not like that'
            FROM idempotency_keys AS keys
            WHERE location IS NOT NULL AND NOT CASE
                WHEN location LIKE '/v1/payments/%' THEN keys.status = 201 AND EXISTS (
                    SELECT 1 FROM payments WHERE id = substr(location, 14) AND source_owner = subject)
                WHEN location LIKE '/v1/refunds/%' THEN keys.status = 201 AND EXISTS (
                    SELECT 1 FROM refunds WHERE id = substr(location, 13) AND payee = subject)
                WHEN location LIKE '/v1/accounts/%' THEN keys.status = 201 AND EXISTS (
                    SELECT 1 FROM accounts WHERE id = substr(location, 14) AND owner = subject)
                ELSE EXISTS (
                    SELECT 1 FROM processor_operations AS operations
                    WHERE id = substr(location, CASE kind WHEN 'deposit' THEN 14 ELSE 17 END)
                        AND location = '/v1/' || kind || 's/' || id AND owner = subject AND idempotency_key = key
                        -- 202 was all that was known then; the answer stays.
                        AND (keys.status = 202 OR operations.status =
                            CASE keys.status WHEN 201 THEN 'succeeded' WHEN 402 THEN 'failed' WHEN 422 THEN 'failed' END))
                END
            """)

    static let answersOfBatches = Invariant(
        "answers_of_batches", "Every payment that the kept answer of a batch names is there, and is the caller's.",
        rows: batches + """

            SELECT subject || ' ' || key, payment || ' is not there'
            FROM batches WHERE NOT EXISTS (SELECT 1 FROM payments WHERE id = payment AND source_owner = subject)
            """)

    /// Everything that is only done under a key joins here. Keys are kept for a day and more from when they came: what is
    /// an hour younger than the oldest one has its own. Those of deposits and withdrawals may be kept for longer.
    static let keysOfEffects = Invariant(
        "keys_of_effects",
        "Every payment, refund, deposit and withdrawal was answered under exactly one key, while it is kept.",
        rows: batches + """
            , named AS (
                SELECT substr(location, CASE WHEN location LIKE '/v1/refunds/%' THEN 13 ELSE 14 END) AS id
                FROM idempotency_keys WHERE location LIKE '/v1/payments/%' OR location LIKE '/v1/refunds/%'
                UNION ALL
                SELECT payment FROM batches
                UNION ALL
                SELECT id FROM idempotency_keys
                JOIN processor_operations ON owner = subject AND idempotency_key = key
            ),
            effects AS (
                SELECT id, created_at FROM payments
                UNION ALL
                SELECT id, created_at FROM refunds
                UNION ALL
                SELECT id, created_at FROM processor_operations
            ),
            -- Grouped together: a join of two long lists without an index looks at every pair.
            counted AS (
                SELECT id, MAX(created_at) AS created_at, SUM(times) AS times
                FROM (SELECT id, created_at, 0 AS times FROM effects UNION ALL SELECT id, NULL, 1 FROM named)
                GROUP BY id
            )
            SELECT id, times || ' keys have it as their answer'
            FROM counted
            WHERE created_at IS NOT NULL AND (times > 1 OR (times = 0 AND created_at > 3600000 + (
                SELECT MIN(created_at) FROM idempotency_keys
                WHERE status IS NOT NULL AND COALESCE(location, '') NOT LIKE '/v1/deposits/%'
                    AND COALESCE(location, '') NOT LIKE '/v1/withdrawals/%')))
            """)

    /// What the answers of batches name.
    private static let batches: SQL = """
        WITH items AS (
            SELECT keys.subject, keys.key, CASE item.type WHEN 'object' THEN json_extract(item.value, '$.payment') END AS payment
            FROM idempotency_keys AS keys, json_each(
                CASE WHEN json_valid(CAST(keys.body AS TEXT)) THEN CAST(keys.body AS TEXT) ELSE '{}' END, '$.data') AS item
            WHERE keys.status = 200
        ),
        batches AS (SELECT * FROM items WHERE payment IS NOT NULL)
        """
}
