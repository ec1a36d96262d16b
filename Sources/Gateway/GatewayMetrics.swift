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
            GatewayMetricSet.declared.configurations)
        authenticated = registry.counter(GatewayMetricSet.declared.tokens, labels: ["result": "accepted"])
        refusals = Dictionary(
            uniqueKeysWithValues: TokenRefusal.allCases.map {
                ($0, registry.counter(GatewayMetricSet.declared.tokens, labels: ["result": $0.rawValue]))
            })
        underscoresRefused = registry.counter(
            GatewayMetricSet.declared.underscoreNames, labels: ["action": "refuse"])
        underscoresDropped = registry.counter(
            GatewayMetricSet.declared.underscoreNames, labels: ["action": "drop"])
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
            GatewayMetricSet.declared.throttleShed,
            labels: ["kind": subject.kind.rawValue, "name": subject.name, "class": priority.name])
    }

    /// Has the places in use counted.
    private static func collect(_ throttle: Throttle, _ registry: MetricsRegistry) {
        let subject = throttle.subject
        registry.gauge(
            GatewayMetricSet.declared.throttleInFlight,
            labels: ["kind": subject.kind.rawValue, "name": subject.name]
        ).set(throttle.inFlight)
        registry.gauge(
            GatewayMetricSet.declared.throttleQueued,
            labels: ["kind": subject.kind.rawValue, "name": subject.name]
        ).set(throttle.waiting)
    }

    func limit(_ name: String) -> LimitMetrics { LimitMetrics(registry, name: name) }

    /// Has what is cheaper to ask for than to count read whenever somebody looks, from the gateway that serves then.
    func watch(_ live: LiveGateway) {
        let registry = registry
        let used = registry.gauge(GatewayMetricSet.declared.rateLimitBuckets)
        let evicted = registry.readCounter(
            GatewayMetricSet.declared.rateLimitEvictions)
        let unwritten = registry.readCounter(
            GatewayMetricSet.declared.auditRefusalsDropped)
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
        allowed = registry.counter(
            GatewayMetricSet.declared.rateLimitDecisions, labels: ["limit": name, "decision": "allowed"])
        refused = registry.counter(
            GatewayMetricSet.declared.rateLimitDecisions, labels: ["limit": name, "decision": "refused"])
    }
}
