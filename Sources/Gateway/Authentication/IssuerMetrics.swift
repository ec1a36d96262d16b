import Chassis

/// What is counted about one issuer's key set.
struct IssuerMetrics: Sendable {
    let name: String
    let fetchFailed: CounterMetric
    private let fetches: CounterMetric
    private let keys: GaugeMetric
    private let latest: GaugeMetric

    init(_ registry: MetricsRegistry, name: String) {
        self.name = name
        let help = "Fetches of a token issuer's key set by outcome."
        fetches = registry.counter("gateway_jwks_fetches_total", help: help, labels: ["issuer": name, "result": "ok"])
        fetchFailed = registry.counter(
            "gateway_jwks_fetches_total", help: help, labels: ["issuer": name, "result": "failed"])
        keys = registry.gauge(
            "gateway_jwks_keys", help: "Usable keys in a token issuer's last good key set.", labels: ["issuer": name])
        latest = registry.gauge(
            "gateway_jwks_success_timestamp_seconds",
            help: "When a token issuer's key set was last fetched, in seconds since 1970.", labels: ["issuer": name])
    }

    /// A set with this many usable keys has come.
    func fetched(keys count: Int) {
        fetches.increment()
        keys.set(count)
        latest.set(Int(SystemWallClock().now / 1_000))
    }
}
