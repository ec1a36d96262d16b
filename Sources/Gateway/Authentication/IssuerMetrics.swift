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
        fetches = registry.counter(GatewayMetricSet.declared.jwksFetches, labels: ["issuer": name, "result": "ok"])
        fetchFailed = registry.counter(
            GatewayMetricSet.declared.jwksFetches, labels: ["issuer": name, "result": "failed"])
        keys = registry.gauge(
            GatewayMetricSet.declared.jwksKeys, labels: ["issuer": name])
        latest = registry.gauge(
            GatewayMetricSet.declared.jwksSuccess, labels: ["issuer": name])
    }

    /// A set with this many usable keys has come.
    func fetched(keys count: Int) {
        fetches.increment()
        keys.set(count)
        latest.set(Int(SystemWallClock().now / 1_000))
    }
}
