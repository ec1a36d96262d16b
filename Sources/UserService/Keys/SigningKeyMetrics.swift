import Chassis

/// How old the key that signs is, and how many there are in each state.
struct SigningKeyMetrics: Sendable {
    init(_ metrics: MetricsRegistry, _ ring: SigningKeyRing, _ clock: any WallClock) {
        let published = metrics.gauge(
            UserServiceMetricSet.declared.signingKeysPublished)
        let age = metrics.gauge(UserServiceMetricSet.declared.signingKeyAge)
        metrics.onCollect {
            let keys = ring.current
            published.set(keys.published.count)
            age.set(keys.activeSince.map { Double(max(0, clock.now - $0)) / 1_000 } ?? 0)
        }
    }
}
