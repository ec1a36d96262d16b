/// The limits of one route, in the order in which they are asked.
struct CompiledLimits: Sendable {
    /// Asked before anybody looks at who calls.
    let open: [CompiledLimit]
    /// Asked after the caller is authenticated.
    let callers: [CompiledLimit]
    /// How many requests one request counts for.
    let cost: UInt64
}

/// Compiles the limits that routes name.
struct LimitCompiler {
    private let configurations: [RateLimitConfiguration]
    private let metrics: GatewayMetrics

    init(_ configurations: [RateLimitConfiguration], metrics: GatewayMetrics) {
        self.configurations = configurations
        self.metrics = metrics
    }

    /// - Parameter route: The name of the route or aggregate.
    func compile(_ limits: RouteLimits, route: String) -> CompiledLimits {
        let named = limits.names.compactMap { name in
            configurations.first { $0.name == name }
                .map { CompiledLimit($0, route: route, metrics: metrics.limit(name)) }
        }
        return CompiledLimits(
            open: named.filter { !$0.waitsForCaller }, callers: named.filter(\.waitsForCaller),
            cost: UInt64(limits.cost))
    }
}
