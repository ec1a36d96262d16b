import HTTP
import HTTPTypes

/// Resolves the names of a checked configuration.
struct RouteCompiler {
    /// The routes in the order of the file, the aggregates after them.
    let routes: [CompiledRoute]

    init(_ configuration: GatewayConfiguration, upstreams: [Upstream], names: AccessNames, metrics: GatewayMetrics) {
        let byName = Dictionary(uniqueKeysWithValues: upstreams.map { ($0.configuration.name, $0) })
        let limits = LimitCompiler(configuration.rateLimits, metrics: metrics)
        let plain = configuration.routes.compactMap { route -> CompiledRoute? in
            guard let action = Self.action(route.target, byName) else { return nil }
            return CompiledRoute(
                name: route.name, path: route.path, action: action, access: route.access,
                limits: limits.compile(route.limits, route: route.name), names: names, route: route)
        }
        let aggregates = configuration.aggregates.compactMap { aggregate -> CompiledRoute? in
            guard let compiled = Aggregate(aggregate, upstreams: byName, metrics: metrics) else { return nil }
            return CompiledRoute(
                name: aggregate.name, path: aggregate.path, action: .aggregate(compiled),
                access: aggregate.access, limits: limits.compile(aggregate.limits, route: aggregate.name),
                names: names)
        }
        routes = plain + aggregates
    }

    private static func action(
        _ target: RouteConfiguration.Target, _ upstreams: [String: Upstream]
    ) -> CompiledRoute.Action? {
        switch target {
        case .openAPI: .openAPI
        case .upstream(let name): upstreams[name].map { .proxy($0) }
        }
    }
}
