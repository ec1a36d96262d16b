import Chassis
import Storage

/// What is measured about events (docs/metrics.md).
struct EventMetrics: Sendable {
    private let streams: GaugeMetric
    private let lag: GaugeMetric
    private let undistributed: GaugeMetric

    init(_ registry: MetricsRegistry) {
        streams = registry.gauge(PaymentsMetricSet.declared.eventStreams)
        lag = registry.gauge(
            PaymentsMetricSet.declared.outboxLag)
        undistributed = registry.gauge(PaymentsMetricSet.declared.outboxLength)
    }

    /// Writes down what is read and not counted.
    func measure(_ streams: EventStreams) { self.streams.set(streams.count) }

    func measure(_ backlog: EventBacklog, now: Int64) {
        undistributed.set(Double(backlog.length))
        lag.set(backlog.oldest.map { Double(max(0, now - $0)) / 1_000 } ?? 0)
    }
}

/// What is still to be distributed.
struct EventBacklog: Sendable, Hashable {
    let length: Int64
    /// When the oldest of them happened, milliseconds since 1970.
    let oldest: Int64?
}

extension PaymentsStore {
    func eventBacklog() async throws -> EventBacklog {
        try await database.read { reader in
            let position = try reader.distributed()
            let oldest = try reader.first(
                "SELECT created_at FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT 1", .integer(position)
            ) { try $0.int64(0) }
            return EventBacklog(length: try reader.lastEvent() - position, oldest: oldest)
        }
    }
}
