/// The limits of one configuration.
struct Throttles: Sendable {
    private let known: [Throttle.Subject: Throttle]

    /// - Parameter previous: Those of the configuration before: who is inside still is.
    init(_ configuration: GatewayConfiguration, inheriting previous: Throttles?, metrics: GatewayMetrics) {
        let routes = configuration.routes.map { ($0.name, $0.throttle) }
        let aggregates = configuration.aggregates.map { ($0.name, $0.throttle) }
        let upstreams = configuration.upstreams.map { ($0.name, $0.throttle) }
        var known: [Throttle.Subject: Throttle] = [:]
        for (kind, limits) in [(Throttle.Subject.Kind.route, routes + aggregates), (.upstream, upstreams)] {
            for case (let name, let limit?) in limits {
                let subject = Throttle.Subject(kind: kind, name: name)
                let throttle = known[subject] ?? previous?.known[subject]
                throttle?.resize(limit)
                known[subject] = throttle ?? Throttle(subject, limit, metrics: metrics)
            }
        }
        self.known = known
    }

    /// All of them, in no order.
    var all: some Sequence<Throttle> { known.values }

    /// The limit of a route, an aggregate or an upstream.
    func find(_ kind: Throttle.Subject.Kind, _ name: String) -> Throttle? {
        known[Throttle.Subject(kind: kind, name: name)]
    }

    /// The limits that a route's requests meet.
    func route(_ name: String, _ priority: Priority, upstream: String?) -> RouteThrottle? {
        RouteThrottle(
            priority: priority, route: find(.route, name), upstream: upstream.flatMap { find(.upstream, $0) })
    }
}
