import Chassis

/// How old the key that signs is, and how many there are in each state.
struct SigningKeyMetrics: Sendable {
    init(_ metrics: MetricsRegistry, _ ring: SigningKeyRing) {
        let published = metrics.gauge(
            "tollgate_signing_keys_published", help: "Keys in the key set: one signs, one is next, the others retire.")
        metrics.onCollect { published.set(ring.current.published.count) }
    }
}
