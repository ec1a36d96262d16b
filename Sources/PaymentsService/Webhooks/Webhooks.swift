import Chassis
import HTTP
import ServiceLifecycle
import Sockets

/// The writing end of the outbox: endpoints, and the relay that delivers to them.
struct Webhooks: Sendable {
    let policy: WebhookPolicy
    let secrets: WebhookSecrets
    let relay: WebhookRelay
    let services: [any Service]

    /// - Throws: `SettingsError`, `FileError`.
    init(_ chassis: Chassis, store: PaymentsStore, policy: WebhookPolicy) throws {
        let secrets = try WebhookSecrets.load(chassis.settings, dataDirectory: chassis.listen.dataDirectory)
        let resolver = Resolver(pool: BlockingPool(name: "webhook-resolver", width: 16, queueLimit: 1_024))
        let client = HTTPClient(
            configuration: Self.configuration(policy), group: chassis.loops, resolver: resolver)
        let sender = WebhookSender(
            client: client, resolver: resolver, policy: policy, secrets: secrets, clock: chassis.clock)
        let metrics = WebhookMetrics(chassis.metrics)
        let clock = chassis.clock
        let relay = WebhookRelay(
            RelayParts(store: store, sender: sender, metrics: metrics, logger: chassis.logger, traces: chassis.traces) {
                until in
                // The time of day may be set: it is looked at once a minute at least.
                try await Task.sleep(for: .milliseconds(min(60_000, max(0, until - clock.now))))
            })
        (self.policy, self.secrets, self.relay) = (policy, secrets, relay)
        services = [
            relay,
            PeriodicJob(name: "webhook-expiry", interval: .seconds(60), logger: chassis.logger) { _ in
                try await store.expireDeliveries()
            },
            PeriodicJob(name: "webhook-lag", interval: .seconds(5), logger: chassis.logger) { _ in
                metrics.measure(try await store.webhookBacklog(), now: clock.now)
            },
        ]
    }

    /// For tests.
    init(policy: WebhookPolicy, secrets: WebhookSecrets, relay: WebhookRelay) {
        (self.policy, self.secrets, self.relay) = (policy, secrets, relay)
        services = [relay]
    }

    /// Many endpoints may share an address, as behind the proxy: the pool is no narrower than what may be under way.
    static func configuration(_ policy: WebhookPolicy) -> HTTPClientConfiguration {
        var configuration = HTTPClientConfiguration()
        configuration.connectTimeout = min(.seconds(5), policy.timeout)
        configuration.timeout = policy.timeout
        configuration.responseHeadTimeout = policy.timeout
        configuration.idleReadTimeout = policy.timeout
        configuration.idleConnectionTimeout = .seconds(4)
        configuration.maximumConnections = 256
        return configuration
    }
}
