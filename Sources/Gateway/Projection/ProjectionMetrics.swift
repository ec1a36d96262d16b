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
                "gateway_api_key_lookups_total", help: "Look-ups of API keys that were not held, by outcome.",
                labels: ["result": result])
        }
        (found, unknown, failed) = (lookups("found"), lookups("unknown"), lookups("failed"))
        tooMany = lookups("too_many")
        let feed = { (result: String) in
            registry.counter(
                "gateway_feed_reads_total", help: "Reads of user-service's feed and its snapshot, by outcome.",
                labels: ["result": result])
        }
        (followed, lost) = (feed("ok"), feed("failed"))
        let uses = { (result: String) in
            registry.counter("gateway_api_keys_total", help: "API keys by outcome.", labels: ["result": result])
        }
        accepted = uses("accepted")
        refusals = Dictionary(uniqueKeysWithValues: KeyRefusal.allCases.map { ($0, uses($0.rawValue)) })
        age = registry.gauge(
            "gateway_feed_age_seconds", help: "Time since user-service's feed was last heard of.")
        keys = registry.gauge("gateway_api_keys_held", help: "API keys that are held.")
        sessions = registry.gauge("gateway_ended_sessions_held", help: "Ended sessions that are remembered.")
        users = registry.gauge(
            "gateway_changed_users_held", help: "Locks and changes of roles that are remembered.")
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
