import Chassis

/// What is counted about one upstream: every try by its outcome, the retries, the ejections, the breaker.
struct UpstreamMetrics: Sendable {
    let tunnels: TunnelMetrics
    private let statuses: [CounterMetric]
    private let retries: CounterMetric
    private let elsewhere: CounterMetric
    private let openings: CounterMetric
    private let passedChecks: CounterMetric
    private let failedChecks: CounterMetric
    private let failures: @Sendable (String) -> CounterMetric
    private let ejections: [OutlierRecord.Cause: CounterMetric]
    private let duration: HistogramMetric

    init(_ registry: MetricsRegistry, name: String) {
        tunnels = TunnelMetrics(registry, upstream: name)
        statuses = (0...5).map {
            registry.counter(
                GatewayMetricSet.declared.upstreamRequests, labels: ["upstream": name, "result": "\($0)xx"])
        }
        retries = registry.counter(
            GatewayMetricSet.declared.upstreamRetries, labels: ["upstream": name])
        elsewhere = registry.counter(
            GatewayMetricSet.declared.upstreamRedirected,
            labels: ["upstream": name])
        openings = registry.counter(
            GatewayMetricSet.declared.upstreamBreakerOpenings,
            labels: ["upstream": name])
        passedChecks = registry.counter(
            GatewayMetricSet.declared.upstreamChecks, labels: ["upstream": name, "result": "passed"])
        failedChecks = registry.counter(
            GatewayMetricSet.declared.upstreamChecks, labels: ["upstream": name, "result": "failed"])
        failures = { reason in
            registry.counter(
                GatewayMetricSet.declared.upstreamRequests, labels: ["upstream": name, "result": reason])
        }
        duration = registry.histogram(
            GatewayMetricSet.declared.upstreamRequestDuration,
            labels: ["upstream": name])
        ejections = Dictionary(
            uniqueKeysWithValues: OutlierRecord.Cause.allCases.map { cause in
                let counter = registry.counter(
                    GatewayMetricSet.declared.upstreamEjections,
                    labels: ["upstream": name, "reason": cause.rawValue])
                return (cause, counter)
            })
    }

    @inline(__always)
    func answered(status: Int, after nanoseconds: UInt64) {
        statuses[min(max(status / 100, 0), 5)].increment()
        duration.observe(units: nanoseconds)
    }

    /// - Parameter nanoseconds: `nil` for a try that was not sent: refused connections are no durations.
    func failed(_ reason: String, after nanoseconds: UInt64?) {
        failures(reason).increment()
        if let nanoseconds { duration.observe(units: nanoseconds) }
    }

    func retried() { retries.increment() }

    func redirected() { elsewhere.increment() }

    func checked(passed: Bool) { (passed ? passedChecks : failedChecks).increment() }

    func breakerOpened() { openings.increment() }

    func ejected(_ cause: OutlierRecord.Cause) { ejections[cause]?.increment() }
}
