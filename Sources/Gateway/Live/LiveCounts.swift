import Chassis

/// What the gateway has counted so far, at one moment.
struct LiveCounts: Sendable, Equatable {
    /// A method on a path template.
    struct Route: Sendable, Hashable {
        var method: String
        var path: String
    }

    /// Requests, or tries of an upstream.
    struct Traffic: Sendable, Equatable {
        var requests: UInt64 = 0
        /// The service's fault: 5xx, or no answer at all.
        var errors: UInt64 = 0
        /// The caller's fault: 4xx.
        var refusals: UInt64 = 0
        /// By bucket of ``HistogramMetric/latencyBounds``, the infinite one last.
        var durations: [UInt64] = []
    }

    /// Decisions of a rate limit.
    struct Decisions: Sendable, Equatable {
        var allowed: UInt64 = 0
        var refused: UInt64 = 0
    }

    var routes: [Route: Traffic] = [:]
    var upstreams: [String: Traffic] = [:]
    var retries: [String: UInt64] = [:]
    var limits: [String: Decisions] = [:]
    /// Requests sent away by a throttle.
    var shed: [Throttle.Subject: UInt64] = [:]

    init() {}

    /// - Parameter streams: Path templates whose requests last as long as somebody listens: they say nothing about rates and
    ///   durations.
    init(reading registry: MetricsRegistry, without streams: Set<String> = []) {
        for series in registry.read(ChassisMetricSet.declared.requestDuration) {
            if !streams.contains(series.labels["http_route"] ?? "") { add(requests: series) }
        }
        for series in registry.read(GatewayMetricSet.declared.upstreamRequests) { add(tries: series) }
        for series in registry.read(GatewayMetricSet.declared.upstreamRequestDuration) {
            upstreams[series.labels["upstream"] ?? "", default: Traffic()].durations = series.counts
        }
        for series in registry.read(GatewayMetricSet.declared.upstreamRetries) {
            retries[series.labels["upstream"] ?? ""] = UInt64(series.value)
        }
        for series in registry.read(GatewayMetricSet.declared.rateLimitDecisions) { add(decisions: series) }
        for series in registry.read(GatewayMetricSet.declared.throttleShed) { add(shed: series) }
    }

    private mutating func add(requests series: MetricReading) {
        let route = Route(
            method: series.labels["http_request_method"] ?? "", path: series.labels["http_route"] ?? "")
        var traffic = routes[route] ?? Traffic()
        let count = UInt64(series.value)
        traffic.requests += count
        switch series.labels["http_response_status_code"]?.first {
        case "5": traffic.errors += count
        case "4": traffic.refusals += count
        default: break
        }
        traffic.durations = Self.sum(traffic.durations, series.counts)
        routes[route] = traffic
    }

    private mutating func add(tries series: MetricReading) {
        let count = UInt64(series.value)
        let name = series.labels["upstream"] ?? ""
        var traffic = upstreams[name] ?? Traffic()
        traffic.requests += count
        switch series.labels["result"] {
        case "1xx", "2xx", "3xx": break
        case "4xx": traffic.refusals += count
        default: traffic.errors += count
        }
        upstreams[name] = traffic
    }

    private mutating func add(decisions series: MetricReading) {
        let count = UInt64(series.value)
        let name = series.labels["limit"] ?? ""
        var decisions = limits[name] ?? Decisions()
        if series.labels["decision"] == "refused" { decisions.refused += count } else { decisions.allowed += count }
        limits[name] = decisions
    }

    private mutating func add(shed series: MetricReading) {
        guard let kind = series.labels["kind"].flatMap(Throttle.Subject.Kind.init(rawValue:)) else { return }
        shed[.init(kind: kind, name: series.labels["name"] ?? ""), default: 0] += UInt64(series.value)
    }

    static func sum(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        guard left.count == right.count else { return left.isEmpty ? right : left }
        return zip(left, right).map(+)
    }
}

extension LiveCounts.Traffic {
    static func + (left: Self, right: Self) -> Self {
        Self(
            requests: left.requests + right.requests, errors: left.errors + right.errors,
            refusals: left.refusals + right.refusals, durations: LiveCounts.sum(left.durations, right.durations))
    }
}
