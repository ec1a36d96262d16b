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
                PaymentsMetricSet.declared.webhookAttempts, labels: ["result": result])
        }
        (delivered, refused, failed) = (attempts("delivered"), attempts("refused"), attempts("failed"))
        disabled = registry.counter(
            PaymentsMetricSet.declared.webhookEndpointsDisabled)
        seconds = registry.histogram(
            PaymentsMetricSet.declared.webhookAttempt)
        pending = registry.gauge(PaymentsMetricSet.declared.webhookPending)
        dead = registry.gauge(PaymentsMetricSet.declared.webhookDead)
        oldest = registry.gauge(
            PaymentsMetricSet.declared.webhookLag)
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
                    FROM webhook_endpoints WHERE pending > 0 AND failing_since IS NULL
                """ + " AND " + WebhookEndpoint.receives + ")"
            ) { try $0.optionalInt64(0) }
            return WebhookBacklog(pending: Int(pending ?? 0), dead: dead ?? 0, oldestDue: oldest ?? nil)
        }
    }
}
