import Chassis
import Storage

/// What is measured about webhooks (docs/metrics.md).
struct WebhookMetrics: Sendable {
    let disabled: CounterMetric
    private let delivered: CounterMetric
    private let refused: CounterMetric
    private let failed: CounterMetric
    private let seconds: HistogramMetric
    private let pending: GaugeMetric
    private let dead: GaugeMetric
    private let oldest: GaugeMetric

    init(_ registry: MetricsRegistry) {
        let attempts = { (result: String) in
            registry.counter(
                "payments_webhook_attempts_total", help: "Attempts to deliver, by outcome.", labels: ["result": result])
        }
        (delivered, refused, failed) = (attempts("delivered"), attempts("refused"), attempts("failed"))
        disabled = registry.counter(
            "payments_webhook_endpoints_disabled_total", help: "Endpoints that were disabled because nothing arrived.")
        seconds = registry.histogram(
            "payments_webhook_attempt_seconds", help: "How long attempts to deliver took.",
            bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        pending = registry.gauge("payments_webhook_pending", help: "Deliveries that are pending.")
        dead = registry.gauge("payments_webhook_dead", help: "Deliveries that were given up and are kept.")
        oldest = registry.gauge(
            "payments_webhook_lag_seconds", help: "How long the delivery that waits longest has been due.")
    }

    func attempted(_ attempt: DeliveryAttempt, took duration: Duration) {
        let counter = attempt.hasArrived ? delivered : attempt.responseStatus == nil ? failed : refused
        counter.increment()
        let parts = duration.components
        seconds.observe(Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
    }

    func measure(_ backlog: WebhookBacklog, now: Int64) {
        pending.set(backlog.pending)
        dead.set(backlog.dead)
        oldest.set(backlog.oldestDue.map { Double(max(0, now - $0)) / 1_000 } ?? 0)
    }
}

/// What is still to be delivered, and what never was.
struct WebhookBacklog: Sendable, Hashable {
    let pending: Int
    let dead: Int
    /// When the delivery was due that waits longest at an endpoint that works, milliseconds since 1970.
    let oldestDue: Int64?
}

extension PaymentsStore {
    func webhookBacklog() async throws -> WebhookBacklog {
        try await database.read { reader in
            let pending = try reader.first("SELECT SUM(pending) FROM webhook_endpoints") {
                try $0.optionalInt64(0) ?? 0
            }
            let dead = try reader.first("SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'dead'") {
                try $0.int(0)
            }
            let oldest = try reader.first(
                """
                SELECT MIN(due) FROM (
                    SELECT (SELECT MIN(next_attempt_at) FROM webhook_deliveries
                        WHERE endpoint = webhook_endpoints.id AND status = 'pending') AS due
                    FROM webhook_endpoints WHERE pending > 0 AND enabled = 1 AND failing_since IS NULL)
                """
            ) { try $0.optionalInt64(0) }
            return WebhookBacklog(pending: Int(pending ?? 0), dead: dead ?? 0, oldestDue: oldest ?? nil)
        }
    }
}
