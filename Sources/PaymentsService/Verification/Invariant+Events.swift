import Storage

/// What is told of what happened, and the lines of the audit log.
extension Invariant {
    static let ofEvents = [outboxNumbers, eventsOfEffects, effectsOfEvents, eventIndex, auditNumbers]

    static let outboxNumbers = Invariant(
        "outbox_numbers",
        "Events are numbered without gaps, no two have one id, and they have been distributed up to one of them.",
        rows: """
            SELECT 'event ' || sequence, 'comes after event ' || before
            FROM (SELECT sequence, LAG(sequence) OVER (ORDER BY sequence) AS before FROM outbox)
            WHERE sequence <> before + 1
            UNION ALL
            SELECT 'event ' || sequence, 'has the id of event ' || first
            FROM (SELECT sequence, MIN(sequence) OVER (PARTITION BY id) AS first FROM outbox)
            WHERE sequence <> first
            UNION ALL
            -- Only what has been distributed is purged.
            SELECT 'outbox_position', 'distributed up to ' || distributed || ', there are ' || first || ' to ' || last
            FROM outbox_position, (SELECT COALESCE(MIN(sequence), 1) AS first, COALESCE(MAX(sequence), 0) AS last FROM outbox)
            WHERE distributed NOT BETWEEN first - 1 AND last
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
