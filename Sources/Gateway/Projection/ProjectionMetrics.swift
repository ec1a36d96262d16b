import Chassis

/// What is counted about the projection and the keys that are checked by it.
struct ProjectionMetrics: Sendable {
    let found: CounterMetric
    let unknown: CounterMetric
    let failed: CounterMetric
    let tooMany: CounterMetric
    let followed: CounterMetric
    let lost: CounterMetric
    let accepted: CounterMetric
    private let refusals: [KeyRefusal: CounterMetric]
    private let age: GaugeMetric
    private let keys: GaugeMetric
    private let sessions: GaugeMetric
    private let users: GaugeMetric

    init(_ registry: MetricsRegistry) {
        let lookups = { (result: String) in
            registry.counter(
                GatewayMetricSet.declared.apiKeyLookups,
                labels: ["result": result])
        }
        (found, unknown, failed) = (lookups("found"), lookups("unknown"), lookups("failed"))
        tooMany = lookups("too_many")
        let feed = { (result: String) in
            registry.counter(
                GatewayMetricSet.declared.feedReads,
                labels: ["result": result])
        }
        (followed, lost) = (feed("ok"), feed("failed"))
        let uses = { (result: String) in
            registry.counter(GatewayMetricSet.declared.apiKeys, labels: ["result": result])
        }
        accepted = uses("accepted")
        refusals = Dictionary(uniqueKeysWithValues: KeyRefusal.allCases.map { ($0, uses($0.rawValue)) })
        age = registry.gauge(
            GatewayMetricSet.declared.feedAge)
        keys = registry.gauge(GatewayMetricSet.declared.apiKeysHeld)
        sessions = registry.gauge(GatewayMetricSet.declared.endedSessionsHeld)
        users = registry.gauge(
            GatewayMetricSet.declared.changedUsersHeld)
    }

    func refused(_ refusal: KeyRefusal) { refusals[refusal]?.increment() }

    /// Writes down what is read and not counted.
    func set(age milliseconds: UInt64, keys: Int, sessions: Int, users: Int) {
        age.set(Double(milliseconds) / 1_000)
        self.keys.set(keys)
        self.sessions.set(sessions)
        self.users.set(users)
    }
}
