import Chassis
import Logging

/// Exchanges the gateway for one of the configuration as it is now. A configuration that is wrong changes nothing: the
/// last good one goes on serving, and log and metrics say so.
struct Reloader: Sendable {
    let source: ConfigurationSource
    let live: LiveGateway
    let metrics: ReloadMetrics
    let logger: Logger
    let clock: any WallClock
    /// Builds a gateway that takes over from another.
    let build: @Sendable (ConfigurationSource.Loaded, Gateway) throws -> Gateway

    /// - Parameter cause: Why, for the log: `file` or `signal`.
    func reload(cause: String) {
        do {
            let loaded = try source.load()
            live.replace(by: try build(loaded, live.current))
            metrics.succeeded(at: clock.now)
            logger.notice(
                "The configuration was reloaded",
                metadata: [
                    "cause": "\(cause)", "digest": "\(loaded.digest)",
                    "routes": .stringConvertible(loaded.configuration.routes.count),
                ])
        } catch {
            metrics.failed()
            logger.error(
                "The configuration could not be reloaded; the last good one goes on",
                metadata: ["cause": "\(cause)", "digest": "\(live.current.origin.digest)", "reason": "\(error)"])
        }
    }
}

/// How the latest reload came out.
struct ReloadMetrics: Sendable {
    private let isSuccessful: GaugeMetric
    private let time: GaugeMetric
    private let successes: CounterMetric
    private let failures: CounterMetric

    /// The start counts as the first success.
    init(_ registry: MetricsRegistry, now: Int64) {
        isSuccessful = registry.gauge(
            GatewayMetricSet.declared.configLastReloadSuccessful)
        time = registry.gauge(
            GatewayMetricSet.declared.configLastReloadSuccess)
        successes = registry.counter(GatewayMetricSet.declared.configReloads, labels: ["result": "ok"])
        failures = registry.counter(GatewayMetricSet.declared.configReloads, labels: ["result": "failed"])
        isSuccessful.set(1)
        time.set(Int(now / 1_000))
    }

    func succeeded(at now: Int64) {
        successes.increment()
        isSuccessful.set(1)
        time.set(Int(now / 1_000))
    }

    func failed() {
        failures.increment()
        isSuccessful.set(0)
    }
}
