import Storage

/// What has happened, beside what is told of it.
extension Invariant {
    static let eventsOfEffects = Invariant(
        "events_of_effects",
        """
        Every payment and refund, and every end of a payment, deposit or withdrawal, has exactly one event, while it is \
        kept.
        """,
        rows: effects + """
            , oldest AS (SELECT sequence, created_at FROM outbox ORDER BY sequence LIMIT 1),
            -- Grouped together: a join of two long lists without an index looks at every pair.
            counted AS (
                SELECT id, type, MAX(created_at) AS created_at, SUM(times) AS times
                FROM (
                    SELECT id, type, created_at, 0 AS times FROM effects
                    UNION ALL
                    SELECT subject, type, NULL, 1 FROM events
                )
                GROUP BY id, type
            )
            SELECT id, times || ' events ' || type
            FROM counted
            -- What ended before the oldest event that is kept has lost its own.
            WHERE created_at IS NOT NULL AND times <> 1
                AND (COALESCE((SELECT sequence FROM oldest), 1) = 1
                    OR created_at > (SELECT created_at FROM oldest))
            """)

    static let effectsOfEvents = Invariant(
        "effects_of_events",
        "Every event tells of something that is there and has come that far, to the users whom it concerns.",
        rows: effects + """

            SELECT 'event ' || sequence,
                events.type || ' of ' || COALESCE(subject, 'nothing') || ', for ' || events.owner
                    || COALESCE(' and ' || other_owner, '')
            FROM events LEFT JOIN effects ON effects.id = subject AND effects.type = events.type
            WHERE effects.id IS NULL OR effects.owner IS NOT events.owner OR effects.other IS NOT other_owner
            """)

    /// Everything that there is an event of joins here, with its time and the users whom it concerns; and the events, with
    /// the id of what they tell of.
    private static let effects: SQL = """
        WITH effects AS (
            SELECT id, 'payment.' || CASE capture WHEN 'automatic' THEN status ELSE 'requires_capture' END AS type,
                created_at, source_owner AS owner, NULLIF(destination_owner, source_owner) AS other
            FROM payments
            UNION ALL
            SELECT id, 'payment.' || status, ended_at, source_owner, NULLIF(destination_owner, source_owner)
            FROM payments WHERE ended_at IS NOT NULL
            UNION ALL
            SELECT id, 'refund.succeeded', created_at, payer, NULLIF(payee, payer) FROM refunds
            UNION ALL
            SELECT operations.id, operations.kind || '.' || status, ending.created_at, owner, NULL
            FROM processor_operations AS operations
            JOIN transfers AS ending ON ending.pending_transfer = operations.transfer
            WHERE status <> 'processing'
        ),
        events AS (
            SELECT sequence, type, owner, other_owner,
                CASE WHEN json_valid(CAST(data AS TEXT)) THEN json_extract(CAST(data AS TEXT), '$.id') END AS subject
            FROM outbox
        )
        """
}
