import Chassis
import ServiceLifecycle

/// The reading end of the outbox: its routes, and the work behind them.
struct EventFeed: Sendable {
    let streams: EventStreams
    let services: [any Service]

    /// Settings: `EVENT_RETENTION_DAYS` (default 30), `EVENT_STREAMS_PER_USER` (5) and `EVENT_STREAMS` (1000).
    ///
    /// - Parameter commits: is told of the store's commits.
    /// - Throws: `SettingsError`.
    init(_ chassis: Chassis, store: PaymentsStore, commits: CommitSignal, revocations: Revocations, webhooks: Webhooks)
        throws
    {
        let days = try chassis.settings.integer("EVENT_RETENTION_DAYS", in: 1...36_500, default: 30)
        var limits = EventStreamLimits()
        limits.perUser = try chassis.settings.integer("EVENT_STREAMS_PER_USER", in: 0...1_000, default: 5)
        limits.total = try chassis.settings.integer("EVENT_STREAMS", in: 0...100_000, default: 1_000)
        let streams = EventStreams(limits)
        let metrics = EventMetrics(chassis.metrics)
        chassis.metrics.onCollect { metrics.measure(streams) }
        self.streams = streams
        services = [
            EventDistributor(
                store: store, commits: commits, logger: chassis.logger,
                mostPending: webhooks.policy.pendingPerEndpoint, deliver: { webhooks.relay.wake($0) }),
            EventWatch(store: store, streams: streams, commits: commits, logger: chassis.logger),
            EventStreamEnding(
                streams: streams, revocations: revocations, clock: chassis.clock,
                isDraining: { [health = chassis.health] in health.isDraining }),
            PeriodicJob(name: "outbox-lag", interval: .seconds(1), logger: chassis.logger) { _ in
                metrics.measure(try await store.eventBacklog(), now: store.clock.now)
            },
            PeriodicJob(name: "events", interval: .seconds(600), logger: chassis.logger) { _ in
                try await store.purgeEvents(olderThan: Int64(days) * 86_400_000)
                try await store.purgeDeliveries(olderThan: Int64(days) * 86_400_000)
            },
        ]
    }
}
