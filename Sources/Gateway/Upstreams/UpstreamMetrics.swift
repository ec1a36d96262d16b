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
        let help = "Tries sent to an upstream by outcome: a status class, or the reason why none came."
        statuses = (0...5).map {
            registry.counter(
                "gateway_upstream_requests_total", help: help, labels: ["upstream": name, "result": "\($0)xx"])
        }
        retries = registry.counter(
            "gateway_upstream_retries_total", help: "Tries after the first one.", labels: ["upstream": name])
        elsewhere = registry.counter(
            "gateway_upstream_redirected_total",
            help: "Requests that went to another address because one accepted no connection.",
            labels: ["upstream": name])
        openings = registry.counter(
            "gateway_upstream_breaker_openings_total", help: "How often the circuit breaker opened.",
            labels: ["upstream": name])
        let checks = "Health checks of an upstream's addresses by result."
        passedChecks = registry.counter(
            "gateway_upstream_checks_total", help: checks, labels: ["upstream": name, "result": "passed"])
        failedChecks = registry.counter(
            "gateway_upstream_checks_total", help: checks, labels: ["upstream": name, "result": "failed"])
        failures = { reason in
            registry.counter(
                "gateway_upstream_requests_total", help: help, labels: ["upstream": name, "result": reason])
        }
        duration = registry.histogram(
            "gateway_upstream_request_duration_seconds",
            help: "Time from sending a try to an upstream until the head of its answer, or until it failed.",
            labels: ["upstream": name])
        ejections = Dictionary(
            uniqueKeysWithValues: OutlierRecord.Cause.allCases.map { cause in
                let counter = registry.counter(
                    "gateway_upstream_ejections_total", help: "Addresses left out for a while, by reason.",
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
