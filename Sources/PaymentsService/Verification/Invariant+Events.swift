import Storage

/// What is told of what happened, and the lines of the audit log.
extension Invariant {
    static let ofEvents = [outboxNumbers, eventsOfEffects, eventIndex, auditNumbers]

    static let outboxNumbers = Invariant(
        "outbox_numbers", "Events are numbered without gaps.",
        rows: """
            SELECT 'event ' || sequence, 'comes after event ' || before
            FROM (SELECT sequence, LAG(sequence) OVER (ORDER BY sequence) AS before FROM outbox)
            WHERE sequence <> before + 1
            """)

    /// Everything that ends with an event joins here. What ended before the oldest event that is kept has lost its own.
    static let eventsOfEffects = Invariant(
        "events_of_effects",
        "Every payment, and every end of a payment, deposit or withdrawal, has exactly one event, while it is kept.",
        rows: """
            WITH effects AS (
                SELECT id, 'payment.' || CASE capture WHEN 'automatic' THEN status ELSE 'requires_capture' END AS type,
                    created_at
                FROM payments
                UNION ALL
                SELECT id, 'payment.' || status, ended_at FROM payments WHERE ended_at IS NOT NULL
                UNION ALL
                SELECT operations.id, operations.kind || '.' || status, ending.created_at
                FROM processor_operations AS operations
                JOIN transfers AS ending ON ending.pending_transfer = operations.transfer
                WHERE status <> 'processing'
            ),
            told AS (
                SELECT type, CASE WHEN json_valid(CAST(data AS TEXT)) THEN json_extract(CAST(data AS TEXT), '$.id') END AS id,
                    COUNT(*) AS times
                FROM outbox GROUP BY 1, 2
            ),
            oldest AS (SELECT sequence, created_at FROM outbox ORDER BY sequence LIMIT 1)
            SELECT effects.id, COALESCE(times, 0) || ' events ' || effects.type
            FROM effects LEFT JOIN told ON told.id = effects.id AND told.type = effects.type
            WHERE times IS NOT 1
                AND (COALESCE((SELECT sequence FROM oldest), 1) = 1
                    OR effects.created_at > (SELECT created_at FROM oldest))
            """)

    static let eventIndex = Invariant(
        "event_index", "The index of events by user holds what has been distributed of the events, and nothing else.",
        rows: """
            WITH concerned AS (
                SELECT owner AS user, sequence, type FROM outbox
                WHERE sequence <= (SELECT distributed FROM outbox_position)
                UNION
                SELECT other_owner, sequence, type FROM outbox
                WHERE sequence <= (SELECT distributed FROM outbox_position) AND other_owner IS NOT NULL
            )
            SELECT user || ' event ' || sequence, 'is not in the index'
            FROM (SELECT user, sequence, type FROM concerned EXCEPT SELECT user, sequence, type FROM user_events)
            UNION ALL
            SELECT user || ' event ' || sequence, 'is in the index, and there is no such event'
            FROM (SELECT user, sequence, type FROM user_events EXCEPT SELECT user, sequence, type FROM concerned)
            """)

    static let auditNumbers = Invariant(
        "audit_numbers", "The lines of the audit log are numbered from 1 without gaps, up to the last number given.",
        rows: """
            SELECT 'line ' || sequence, 'comes after line ' || before
            FROM (SELECT sequence, LAG(sequence, 1, 0) OVER (ORDER BY sequence) AS before FROM audit_log)
            WHERE sequence <> before + 1
            UNION ALL
            SELECT 'line ' || seq, 'was the last one, and is not there'
            FROM sqlite_sequence
            WHERE name = 'audit_log' AND seq <> COALESCE((SELECT MAX(sequence) FROM audit_log), 0)
            """)
}
