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

extension KeySource {
    /// The key set of the configured issuer, asked for through the gateway's own client.
    convenience init?(
        _ configuration: AuthenticationConfiguration, upstreams: [Upstream], environment: GatewayEnvironment
    ) {
        guard let upstream = upstreams.first(where: { $0.configuration.name == configuration.jwksUpstream }) else {
            return nil
        }
        let client = environment.client
        let path = configuration.jwksPath
        self.init(
            schedule: KeySetSchedule(coolDown: configuration.coolDown, refresh: configuration.refresh),
            metrics: environment.metrics, logger: environment.logger
        ) {
            var request = ClientRequest(method: .get, endpoint: upstream.endpoint, target: .text(path))
            request.timeout = .seconds(2)
            let answer = try await client.execute(request)
            guard answer.head.statusCode == 200 else {
                throw KeySet.Unusable(reason: "status \(answer.head.statusCode)")
            }
            return try await answer.body.collect(upTo: Self.maximumLength)
        }
    }
}
