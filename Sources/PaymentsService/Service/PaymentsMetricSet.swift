public import Chassis

/// What payments-service measures beside the chassis and the database. Currencies are those of the table.
public struct PaymentsMetricSet: MetricSet {
    /// All of them.
    public static let declared = PaymentsMetricSet()

    let payments = Metric.counter(
        "payments_total", .label("status", ["succeeded", "requires_capture", "refused"]), "currency",
        help: "Payments asked for, each counted once however often it is repeated.")
    let paymentBatches = Metric.counter(
        "payment_batches_total", .label("mode", Batch.Mode.self), .label("status", ["done", "refused"]),
        help:
            "Batches; their payments are counted in payments_total too, but for those of an atomic one that was refused."
    )
    let paymentAuthorizationsEnded = Metric.counter(
        "payment_authorizations_ended_total", .label("status", ["succeeded", "canceled", "expired"]), "currency",
        help: "Payments with manual capture that have ended.")
    let refunds = Metric.counter(
        "refunds_total", "currency",
        help: "Refunds that were given.")
    let deposits = Metric.counter(
        "deposits_total", .label("status", ["succeeded", "failed"]), "currency",
        help: "Deposits that have come to their end.")
    let withdrawals = Metric.counter(
        "withdrawals_total", .label("status", ["succeeded", "failed"]), "currency",
        help: "Withdrawals that have come to their end.")
    let processorCallbacks = Metric.counter(
        "processor_callbacks_total",
        .label("result", ["applied", "repeated", "contradicted", "unknown", "mismatched", "unsigned"]),
        help: "Callbacks of the processor; alert on contradicted, mismatched and a rise of unsigned.")
    let feedAge = Metric.gauge(
        "payments_feed_age_seconds",
        help: "Time since user-service's feed was last heard of; above 5 it is not followed.")
    let feedLag = Metric.gauge(
        "payments_feed_lag_seconds",
        help: "How long after it happened the latest event was taken in.")
    let feedPosition = Metric.gauge(
        "payments_feed_position",
        help: "The number of the last event that was taken in.")
    let feedReads = Metric.counter(
        "payments_feed_reads_total", .label("result", ["ok", "failed"]),
        help: "Reads of the feed and its snapshot.")
    let revocationsHeld = Metric.gauge(
        "payments_revocations_held", .label("kind", Revocation.Kind.self),
        help: "What has ended and is remembered.")
    let revokedRequests = Metric.counter(
        "payments_revoked_requests_total", .label("kind", Revocation.Kind.self),
        help: "Requests that a gateway let pass for what has ended: more than a few are a reason to look at it.")
    let eventStreams = Metric.gauge(
        "payments_event_streams",
        help: "Streams of events that are open.")
    let outboxLength = Metric.gauge(
        "payments_outbox_length",
        help: "Events that have not been distributed to whom they concern.")
    let outboxLag = Metric.gauge(
        "payments_outbox_lag_seconds",
        help: "Age of the oldest event that has not been distributed: alert above a minute.")
    let webhookAttempts = Metric.counter(
        "payments_webhook_attempts_total", .label("result", ["delivered", "refused", "failed"]),
        help: "Attempts to deliver webhooks.")
    let webhookAttempt = Metric.histogram(
        "payments_webhook_attempt_seconds", bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        help: "How long attempts to deliver a webhook took.")
    let webhookPending = Metric.gauge(
        "payments_webhook_pending",
        help: "Deliveries that are pending, those for failing endpoints included.")
    let webhookLag = Metric.gauge(
        "payments_webhook_lag_seconds",
        help: "How long the delivery that waits longest at an endpoint that works has been due: alert above a minute.")
    let webhookDead = Metric.gauge(
        "payments_webhook_dead",
        help: "Deliveries that were given up and are kept.")
    let webhookEndpointsDisabled = Metric.counter(
        "payments_webhook_endpoints_disabled_total",
        help: "Endpoints that were disabled because nothing arrived.")
    let ledgerImbalance = Metric.gauge(
        "payments_ledger_imbalance_minor_units", "currency",
        help: "What the posted balances of all accounts sum up to, which must be 0: page on anything else.")
    let ledgerChecked = Metric.gauge(
        "payments_ledger_checked_timestamp_seconds",
        help: "When that sum was last computed, since 1970; every minute, not for each scrape.")
    let keyedRequests = Metric.counter(
        "keyed_requests_total", .label("result", ["first", "replayed", "reused", "in_progress", "not_found"]),
        help: "Requests with an Idempotency-Key; reused and in_progress are the conflicts.")
    let idempotencyKeysPurged = Metric.counter(
        "idempotency_keys_purged_total",
        help: "Keys that were removed because their time was over, 25 hours after their request.")
}
