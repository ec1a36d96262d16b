import Chassis

/// The gateway's own metrics, next to those that the chassis keeps per route. Cells are made once: counting is one
/// atomic addition.
final class GatewayMetrics: Sendable {
    private let registry: MetricsRegistry
    let authenticated: CounterMetric
    /// The gateways that are alive: the one that serves, and those that requests under way began with.
    let configurations: GaugeMetric
    private let underscoresRefused: CounterMetric
    private let underscoresDropped: CounterMetric
    let browsers: BrowserMetrics
    private let refusals: [TokenRefusal: CounterMetric]

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        browsers = BrowserMetrics(registry)
        configurations = registry.gauge(
            "gateway_configurations",
            help: "Configurations in memory: the one that serves, and older ones that requests under way began with.")
        let tokens = "Bearer tokens by outcome."
        authenticated = registry.counter("gateway_tokens_total", help: tokens, labels: ["result": "accepted"])
        refusals = Dictionary(
            uniqueKeysWithValues: TokenRefusal.allCases.map {
                ($0, registry.counter("gateway_tokens_total", help: tokens, labels: ["result": $0.rawValue]))
            })
        let underscores = "Requests with underscores in header names, by what was done."
        underscoresRefused = registry.counter(
            "gateway_underscore_names_total", help: underscores, labels: ["action": "refuse"])
        underscoresDropped = registry.counter(
            "gateway_underscore_names_total", help: underscores, labels: ["action": "drop"])
    }

    func refused(_ refusal: TokenRefusal) { refusals[refusal]?.increment() }

    func issuer(_ name: String) -> IssuerMetrics { IssuerMetrics(registry, name: name) }

    var projection: ProjectionMetrics { ProjectionMetrics(registry) }

    /// A request had header names with underscores.
    func sawUnderscores(_ rule: LimitsConfiguration.Underscores) {
        (rule == .refuse ? underscoresRefused : underscoresDropped).increment()
    }

    func upstream(_ name: String) -> UpstreamMetrics { UpstreamMetrics(registry, name: name) }

    func part(_ name: String, of aggregate: String) -> PartMetrics {
        PartMetrics(registry, part: name, aggregate: aggregate)
    }

    /// Requests of a class that found no place.
    func shed(_ subject: Throttle.Subject, _ priority: Priority) -> CounterMetric {
        registry.counter(
            "gateway_throttle_shed_total", help: "Requests sent away because too many were under way.",
            labels: ["kind": subject.kind.rawValue, "name": subject.name, "class": priority.name])
    }

    /// Has the places in use counted.
    private static func collect(_ throttle: Throttle, _ registry: MetricsRegistry) {
        let subject = throttle.subject
        registry.gauge(
            "gateway_throttle_in_flight", help: "Requests under way that a throttle counts.",
            labels: ["kind": subject.kind.rawValue, "name": subject.name]
        ).set(throttle.inFlight)
        registry.gauge(
            "gateway_throttle_queued", help: "Requests that wait for a place behind a throttle.",
            labels: ["kind": subject.kind.rawValue, "name": subject.name]
        ).set(throttle.waiting)
    }

    func limit(_ name: String) -> LimitMetrics { LimitMetrics(registry, name: name) }

    /// Has what is cheaper to ask for than to count read whenever somebody looks, from the gateway that serves then.
    func watch(_ live: LiveGateway) {
        let registry = registry
        let used = registry.gauge("gateway_rate_limit_buckets", help: "Buckets of rate limits that are not whole.")
        let evicted = registry.floatingCounter(
            "gateway_rate_limit_evictions_total", help: "Buckets of rate limits that gave way before they were whole.")
        let unwritten = registry.floatingCounter(
            "gateway_audit_refusals_dropped_total",
            help: "Refusals of the staff's routes that were too many to be written.")
        registry.onCollect {
            let gateway = live.current
            unwritten.set(Double(gateway.audit.dropped))
            gateway.projection?.measure()
            let occupancy = gateway.limits.store.occupancy()
            used.set(occupancy.used)
            evicted.set(Double(occupancy.evictions))
            for throttle in gateway.throttles.all { Self.collect(throttle, registry) }
            for upstream in gateway.upstreams { upstream.report(to: registry) }
        }
    }
}

/// Decisions of one rate limit.
struct LimitMetrics: Sendable {
    let allowed: CounterMetric
    let refused: CounterMetric

    fileprivate init(_ registry: MetricsRegistry, name: String) {
        let help = "Decisions of a rate limit; in observe mode refused ones are let through."
        allowed = registry.counter(
            "gateway_rate_limit_decisions_total", help: help, labels: ["limit": name, "decision": "allowed"])
        refused = registry.counter(
            "gateway_rate_limit_decisions_total", help: help, labels: ["limit": name, "decision": "refused"])
    }
}
