import Chassis

/// What is counted about the feed and about what it has ended.
struct FeedMetrics: Sendable {
    let followed: CounterMetric
    let lost: CounterMetric
    private let lag: GaugeMetric
    private let age: GaugeMetric
    private let position: GaugeMetric
    private let held: [Revocation.Kind: GaugeMetric]
    private let refusals: [Revocation.Kind: CounterMetric]

    init(_ registry: MetricsRegistry) {
        let reads = { (result: String) in
            registry.counter(
                PaymentsMetricSet.declared.feedReads,
                labels: ["result": result])
        }
        (followed, lost) = (reads("ok"), reads("failed"))
        lag = registry.gauge(
            PaymentsMetricSet.declared.feedLag)
        age = registry.gauge(
            PaymentsMetricSet.declared.feedAge)
        position = registry.gauge(PaymentsMetricSet.declared.feedPosition)
        let kinds = Revocation.Kind.allCases
        held = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                (
                    kind,
                    registry.gauge(
                        PaymentsMetricSet.declared.revocationsHeld,
                        labels: ["kind": kind.rawValue])
                )
            })
        refusals = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                (
                    kind,
                    registry.counter(
                        PaymentsMetricSet.declared.revokedRequests, labels: ["kind": kind.rawValue])
                )
            })
    }

    func refused(_ kind: Revocation.Kind) { refusals[kind]?.increment() }

    /// Events were taken in.
    /// - Parameter lag: Milliseconds between the latest one and now; `nil` when there was none.
    func took(lag milliseconds: Int64?, position: Int64) {
        followed.increment()
        if let milliseconds { lag.set(Double(max(0, milliseconds)) / 1_000) }
        self.position.set(Double(position))
    }

    /// Writes down what is read and not counted.
    func measure(_ revocations: Revocations) {
        age.set(Double(revocations.age) / 1_000)
        for (kind, gauge) in held { gauge.set(revocations.count(of: kind)) }
    }
}
