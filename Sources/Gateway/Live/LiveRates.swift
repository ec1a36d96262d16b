import Chassis

/// What happened between two moments: a second for rates, some more for the distribution of durations, which would jump
/// about otherwise.
struct LiveRates: Sendable {
    /// Traffic per second, durations in milliseconds; these are `nil` when nothing was asked.
    struct Traffic: Sendable, Equatable {
        var rate = 0.0
        var errors = 0.0
        var refusals = 0.0
        var median: Double?
        var slowest: Double?
    }

    private let now: LiveCounts
    private let before: LiveCounts
    private let first: LiveCounts
    /// Milliseconds since `before`; 0 when there is nothing to compare with.
    let interval: UInt64

    /// - Parameters:
    ///   - before: The counts of `interval` milliseconds ago.
    ///   - first: Those of the beginning of the window that durations are taken from.
    init(_ now: LiveCounts, since before: LiveCounts, _ interval: UInt64, window first: LiveCounts) {
        self.now = now
        self.before = before
        self.first = first
        self.interval = interval
    }

    /// The routes that were asked in the window, the busiest first.
    var routes: [(route: LiveCounts.Route, traffic: Traffic)] {
        now.routes.filter { $0.value.requests > first.routes[$0.key]?.requests ?? 0 }
            .map { ($0.key, traffic($0.value, before.routes[$0.key], first.routes[$0.key])) }
            .sorted { ($1.1.rate, $0.0.path, $0.0.method) < ($0.1.rate, $1.0.path, $1.0.method) }
    }

    /// All requests together.
    var total: Traffic {
        func sum(_ counts: LiveCounts) -> LiveCounts.Traffic { counts.routes.values.reduce(.init(), +) }
        return traffic(sum(now), sum(before), sum(first))
    }

    func upstream(_ name: String) -> Traffic {
        traffic(now.upstreams[name] ?? .init(), before.upstreams[name], first.upstreams[name])
    }

    func retries(_ name: String) -> Double { perSecond(now.retries[name] ?? 0, before.retries[name] ?? 0) }

    func limit(_ name: String) -> (allowed: Double, refused: Double) {
        let (new, old) = (now.limits[name] ?? .init(), before.limits[name] ?? .init())
        return (perSecond(new.allowed, old.allowed), perSecond(new.refused, old.refused))
    }

    func shed(_ subject: Throttle.Subject) -> Double { perSecond(now.shed[subject] ?? 0, before.shed[subject] ?? 0) }

    private func traffic(
        _ new: LiveCounts.Traffic, _ old: LiveCounts.Traffic?, _ oldest: LiveCounts.Traffic?
    ) -> Traffic {
        let (old, oldest) = (old ?? .init(), oldest ?? .init())
        let durations = new.durations.enumerated().map { index, count in
            count &- (index < oldest.durations.count ? oldest.durations[index] : 0)
        }
        return Traffic(
            rate: perSecond(new.requests, old.requests), errors: perSecond(new.errors, old.errors),
            refusals: perSecond(new.refusals, old.refusals),
            median: Self.quantile(0.5, durations), slowest: Self.quantile(0.99, durations))
    }

    private func perSecond(_ new: UInt64, _ old: UInt64) -> Double {
        guard interval > 0, new > old else { return 0 }
        return Double(new - old) * 1_000 / Double(interval)
    }

    /// Milliseconds below which the share `quantile` of the values lies; `nil` when there are none. What is beyond the
    /// last bound comes last.
    static func quantile(_ quantile: Double, _ counts: [UInt64]) -> Double? {
        let bounds = HistogramMetric.latencyBounds + [.infinity]
        let buckets = zip(bounds, counts).map { (bound: $0, count: Double($1)) }
        return HistogramQuantile.value(quantile, of: buckets).map { $0 * 1_000 }
    }
}
