import HTTP
import HTTPTypes

/// Resolves the names of a checked configuration.
struct RouteCompiler {
    /// The routes in the order of the file, the aggregates after them.
    let routes: [CompiledRoute]

    init(
        _ configuration: GatewayConfiguration, upstreams: [Upstream], names: AccessNames, throttles: Throttles,
        metrics: GatewayMetrics
    ) {
        let byName = Dictionary(uniqueKeysWithValues: upstreams.map { ($0.configuration.name, $0) })
        let own = configuration.claimFields
        // Routes that change nothing share these.
        let requests = RequestFields(HeaderEdits(), own: own)
        let answers = AnswerFields(HeaderEdits(), security: configuration.securityFields)
        let limits = LimitCompiler(configuration.rateLimits, metrics: metrics)
        let plain = configuration.routes.compactMap { route -> CompiledRoute? in
            guard let action = Self.action(route, byName, throttles) else { return nil }
            let (edits, answerEdits) = (route.requestHeaders, route.responseHeaders)
            return CompiledRoute(
                name: route.name, path: route.path, action: action, access: route.access,
                limits: limits.compile(route.limits, route: route.name),
                answers: AnswerFilters(route.answers, methods: route.methods, metrics: metrics.browsers),
                throttle: action.isSplit
                    ? nil : throttles.route(route.name, route.priority, upstream: route.upstream),
                names: names, requestFields: edits.isEmpty ? requests : RequestFields(edits, own: own),
                answerFields: answerEdits.isEmpty
                    ? answers : AnswerFields(answerEdits, security: configuration.securityFields),
                route: route)
        }
        let aggregates = configuration.aggregates.compactMap { aggregate -> CompiledRoute? in
            guard let compiled = Aggregate(aggregate, upstreams: byName, metrics: metrics) else { return nil }
            return CompiledRoute(
                name: aggregate.name, path: aggregate.path, action: .aggregate(compiled),
                access: aggregate.access, limits: limits.compile(aggregate.limits, route: aggregate.name),
                answers: AnswerFilters(aggregate.answers, methods: ["GET"], metrics: metrics.browsers),
                throttle: throttles.route(aggregate.name, aggregate.priority, upstream: nil),
                names: names, requestFields: requests, answerFields: answers)
        }
        routes = plain + aggregates
    }

    private static func action(
        _ route: RouteConfiguration, _ upstreams: [String: Upstream], _ throttles: Throttles
    ) -> CompiledRoute.Action? {
        switch route.target {
        case .own(let answer): .own(answer)
        case .upstream(let name): upstreams[name].map { .proxy($0) }
        case .redirect(let redirect): .redirect(Redirect(redirect, of: route.path))
        case .split(let split): .split(Self.split(split, route, upstreams, throttles))
        }
    }

    private static func split(
        _ split: SplitConfiguration, _ route: RouteConfiguration, _ upstreams: [String: Upstream],
        _ throttles: Throttles
    ) -> UpstreamSplit {
        UpstreamSplit(
            decision: TrafficSplit(split),
            sides: split.sides.compactMap { upstreams[$0.upstream] }.map { upstream in
                .init(
                    upstream: upstream, timeouts: route.timeouts ?? upstream.configuration.timeouts,
                    throttle: throttles.route(route.name, route.priority, upstream: upstream.configuration.name))
            })
    }
}

extension CompiledRoute.Action {
    fileprivate var isSplit: Bool { if case .split = self { true } else { false } }
}
