import Storage

/// The answers that are kept under the keys of requests.
extension Invariant {
    static let ofKeys = [unansweredKeys, answersOfKeys]

    /// Everything that goes on after its first commit joins here.
    static let unansweredKeys = Invariant(
        "unanswered_keys", "A key without an answer is that of a deposit or withdrawal that is under way.",
        rows: """
            SELECT subject || ' ' || key, 'has no answer, and nothing under it is under way'
            FROM idempotency_keys
            WHERE status IS NULL AND NOT EXISTS (
                SELECT 1 FROM processor_operations AS operations
                WHERE owner = subject AND idempotency_key = key AND operations.status = 'processing')
            """)

    static let answersOfKeys = Invariant(
        "answers_of_keys", "What a kept answer says was made is there.",
        rows: """
            SELECT subject || ' ' || key, location || ' is not there'
            FROM idempotency_keys
            WHERE (location LIKE '/v1/payments/%' AND NOT EXISTS (SELECT 1 FROM payments WHERE id = substr(location, 14)))
                OR (location LIKE '/v1/deposits/%'
                    AND NOT EXISTS (SELECT 1 FROM processor_operations WHERE id = substr(location, 14)))
                OR (location LIKE '/v1/withdrawals/%'
                    AND NOT EXISTS (SELECT 1 FROM processor_operations WHERE id = substr(location, 17)))
                OR (location LIKE '/v1/accounts/%'
                    AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = substr(location, 14)))
            """)
}
