import Storage

/// Who is told of events, and what is on its way to them.
extension Invariant {
    static let ofWebhooks = [webhookEndpoints, webhookDeliveries, webhookEvents]

    static let webhookEndpoints = Invariant(
        "webhook_endpoints",
        """
        An endpoint counts the deliveries that are pending for it, has no more secrets than versions, was not removed, and \
        is not that of a user whose accounts were closed for good.
        """,
        rows: """
            SELECT endpoints.id,
                'of ' || owner || ', version ' || version || ', secret ' || secret_version || ', ' || pending
                    || ' pending, computed ' || COALESCE(computed, 0)
            FROM webhook_endpoints AS endpoints
            LEFT JOIN (
                SELECT endpoint, COUNT(*) AS computed FROM webhook_deliveries WHERE status = 'pending' GROUP BY 1
            ) ON endpoint = endpoints.id
            WHERE pending <> COALESCE(computed, 0) OR secret_version NOT BETWEEN 1 AND version
                OR (previous_secret_until IS NOT NULL AND secret_version = 1)
                OR endpoints.id IN (SELECT id FROM removed_webhook_endpoints)
                OR owner IN (SELECT id FROM closed_users)
            """)

    static let webhookDeliveries = Invariant(
        "webhook_deliveries",
        """
        A delivery brings an event to an endpoint, once, that is there or is being removed; it was delivered by its last \
        attempt, or given up for a reason, or is due before its time is over.
        """,
        rows: """
            SELECT id,
                status || ' after ' || attempts || ' attempts to ' || endpoint || ', '
                    || COALESCE('answered ' || response_status, 'no answer') || COALESCE(', ' || failure, '')
            FROM webhook_deliveries
            WHERE (endpoint NOT IN (SELECT id FROM webhook_endpoints)
                    AND endpoint NOT IN (SELECT id FROM removed_webhook_endpoints))
                OR (attempts > 0) <> (last_attempt_at IS NOT NULL) OR next_attempt_at >= expires_at
                OR (status = 'dead' AND failure IS NULL)
                OR (status = 'delivered' AND (failure IS NOT NULL OR finished_at IS NOT last_attempt_at
                    OR COALESCE(response_status, 0) NOT BETWEEN 200 AND 299))
            UNION ALL
            SELECT id, 'brings ' || event || ' to ' || endpoint || ', as ' || first || ' does'
            FROM (SELECT id, event, endpoint, MIN(id) OVER (PARTITION BY endpoint, event) AS first FROM webhook_deliveries)
            WHERE id <> first
            """)

    static let webhookEvents = Invariant(
        "webhook_events",
        """
        What a delivery carries is the event that it names, distributed, of the endpoint's owner, and younger than the \
        endpoint; or a test.
        """,
        rows: """
            WITH bodies AS (
                SELECT id, endpoint, event, type,
                    CASE WHEN json_valid(CAST(body AS TEXT)) THEN CAST(body AS TEXT) ELSE '{}' END AS body
                FROM webhook_deliveries
            ),
            carried AS (
                SELECT *, json_extract(body, '$.sequence') AS sequence, json_extract(body, '$.data') AS data FROM bodies
            )
            SELECT carried.id, event || ' ' || carried.type || ', number ' || COALESCE(carried.sequence, 'none')
            FROM carried
            LEFT JOIN webhook_endpoints AS endpoints ON endpoints.id = endpoint
            LEFT JOIN outbox ON outbox.sequence = carried.sequence
            WHERE json_extract(body, '$.id') IS NOT event OR json_extract(body, '$.type') IS NOT carried.type
                OR carried.sequence IS NULL
                OR (carried.type <> 'webhook.test' AND (
                    carried.sequence <= endpoints.begins_after
                    OR carried.sequence > (SELECT distributed FROM outbox_position)
                    OR (carried.sequence >= (SELECT MIN(sequence) FROM outbox) AND (
                        outbox.id IS NOT event OR outbox.type IS NOT carried.type
                        OR CASE WHEN json_valid(CAST(outbox.data AS TEXT)) THEN json(CAST(outbox.data AS TEXT)) END IS NOT carried.data
                        OR (endpoints.owner <> outbox.owner AND endpoints.owner IS NOT outbox.other_owner)))))
            """)
}
