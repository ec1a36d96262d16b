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
                "payments_feed_reads_total", help: "Reads of user-service's feed and its snapshot, by outcome.",
                labels: ["result": result])
        }
        (followed, lost) = (reads("ok"), reads("failed"))
        lag = registry.gauge(
            "payments_feed_lag_seconds", help: "How long after it happened the latest event was taken in.")
        age = registry.gauge(
            "payments_feed_age_seconds", help: "Time since user-service's feed was last heard of.")
        position = registry.gauge("payments_feed_position", help: "The number of the last event that was taken in.")
        let kinds = Revocation.Kind.allCases
        held = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                (
                    kind,
                    registry.gauge(
                        "payments_revocations_held", help: "Ended sessions, keys and users that are remembered.",
                        labels: ["kind": kind.rawValue])
                )
            })
        refusals = Dictionary(
            uniqueKeysWithValues: kinds.map { kind in
                (
                    kind,
                    registry.counter(
                        "payments_revoked_requests_total",
                        help: "Requests that a gateway let pass for what has ended.", labels: ["kind": kind.rawValue])
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
