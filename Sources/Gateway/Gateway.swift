import Chassis
public import HTTP
import HTTPTypes
import Logging
import Sockets
import Synchronization

/// The gateway at work: one configuration, compiled, and the filters in their order: route, limit by address,
/// authenticate, limit by identity, authorise, then proxy, aggregate or answer.
public final class Gateway: Sendable {
    let origin: ConfigurationSource.Loaded
    let upstreams: [Upstream]
    let routes: [CompiledRoute]
    let issuers: [TokenIssuer]
    let projection: IdentityProjection?
    /// The projection's generation of the key set that was passed on.
    let seenKeySet = Atomic<Int>(0)
    private let matcher: RouteMatcher
    let limits: RateLimits
    let throttles: Throttles
    private let authenticator: Authenticator?
    private let apiKeys: APIKeyAuthenticator?
    private let forwarder: Forwarder
    private let aggregator: Aggregator
    private let signer: IdentityTokens
    private let clock: any WallClock
    let loops: [LoopState]
    private let trustedProxies: Int
    private let underscores: LimitsConfiguration.Underscores
    private let standardFields: AnswerFields
    private let metrics: GatewayMetrics
    private let random: @Sendable (UInt64) -> UInt64

    /// - Parameter previous: The gateway that serves a previous configuration: what it knows about upstreams, tokens,
    ///   keys and limits is taken over as far as this configuration says the same about them.
    init(
        _ origin: ConfigurationSource.Loaded, environment: GatewayEnvironment, inheriting previous: Gateway? = nil
    ) {
        let configuration = origin.configuration
        self.origin = origin
        let metrics = environment.metrics
        let inheritance = Inheritance(from: previous, to: configuration)
        let surroundings = Upstream.Surroundings(
            client: environment.client, logger: environment.logger, loopCount: environment.loopCount)
        let upstreams = configuration.upstreams.enumerated().map { index, upstream in
            inheritance?.upstream(upstream, index: index)
                ?? Upstream(
                    upstream, index: index, metrics: metrics.upstream(upstream.name), surroundings: surroundings,
                    inheriting: previous?.upstreams.first { $0.configuration.name == upstream.name })
        }
        self.upstreams = upstreams
        let names = AccessNames(configuration)
        let throttles = Throttles(configuration, inheriting: previous?.throttles, metrics: metrics)
        self.throttles = throttles
        routes =
            RouteCompiler(
                configuration, upstreams: upstreams, names: names, throttles: throttles, metrics: metrics
            ).routes
        matcher = RouteMatcher(configuration.matches)
        let entries = configuration.limits.rateLimitEntries
        limits = RateLimits(
            store: previous?.limits.store.resized(to: entries) ?? environment.rateLimitStore(entries),
            mode: environment.rateLimits)
        let issuers = (configuration.authentication?.issuers ?? []).map {
            TokenIssuer(
                $0, upstreams: upstreams, environment: environment, inheriting: inheritance?.keys(of: $0))
        }
        self.issuers = issuers
        let projection = configuration.projection.flatMap {
            inheritance?.projection
                ?? IdentityProjection(
                    configuration: $0, upstreams: upstreams, environment: environment,
                    inheriting: inheritance?.formerProjection)
        }
        self.projection = projection
        authenticator =
            issuers.isEmpty
            ? nil
            : Authenticator(
                issuers: issuers, sessions: projection, names: names, metrics: metrics, clock: environment.clock)
        apiKeys = projection.map {
            APIKeyAuthenticator(projection: $0, names: names, metrics: metrics, clock: environment.clock)
        }
        forwarder = Forwarder(client: environment.client, replayLimit: configuration.limits.replayBody)
        aggregator = Aggregator(client: environment.client)
        signer = environment.identity
        clock = environment.clock
        loops =
            inheritance?.loops
            ?? (0..<max(1, environment.loopCount)).map { _ in
                LoopState(
                    tokenEntries: configuration.authentication?.cacheEntries ?? 0,
                    keyEntries: configuration.projection?.cacheEntries ?? 0)
            }
        trustedProxies = configuration.limits.trustedProxies
        underscores = configuration.limits.underscores
        standardFields = AnswerFields(HeaderEdits(), security: configuration.securityFields)
        self.metrics = metrics
        random = environment.random
        metrics.configurations.add(1)
    }

    deinit { metrics.configurations.add(-1) }

    /// Answers a request.
    ///
    /// - Throws: `Problem` for everything that the gateway refuses or that fails behind it.
    @Sendable public func handle(_ request: Request) async throws -> Response {
        let loop = loops[(request.context.loop?.index ?? 0) % loops.count]
        let client = self.client(of: request, loop: loop)
        if request.head.namesHaveUnderscores { try checkUnderscores(request) }
        if request.head.methodKind == .options, let preflight = Preflight(request),
            let answer = self.answer(preflight, request)
        {
            return answer
        }
        let route = try self.route(of: request)
        request.context.route = route.template
        var report = LimitReport()
        do {
            try limits.check(route.limits.open, of: route.limits, request, client: client, token: nil, &report)
            var token: VerifiedToken?
            if route.access.acceptsAPIKeys, let field = request.head.value(of: APIKeyAuthenticator.field) {
                token = try apiKeys?.remembered(field, request, loop: loop)
                if token == nil { token = try await checkedKey(field, request, loop: loop) }
            } else if route.access.acceptsTokens {
                // Almost every token has been seen before: no suspension then.
                token = authenticator?.remembered(request, loop: loop)
                if token == nil { token = try await authenticated(request, loop: loop) }
            } else if !route.access.isPublic {
                throw APIKeyAuthenticator.missing
            }
            try limits.check(route.limits.callers, of: route.limits, request, client: client, token: token, &report)
            if let token {
                try limits.check(token.limits, of: route.limits, request, client: client, token: token, &report)
                try route.access.check(token.grants, request.context)
                if route.needsFreshness { try checkFreshness(request) }
                if let stepUp = route.access.stepUp {
                    try stepUp.check(token.claims, now: clock.now, request.context)
                }
            }
            var response =
                if let throttle = route.throttle {
                    try await throttled(throttle, request) {
                        try await self.act(route, request, token: token, client: client, loop: loop)
                    }
                } else {
                    try await act(route, request, token: token, client: client, loop: loop)
                }
            if let answers = route.answers { try answers.apply(to: &response, request) }
            route.answerFields.add(to: &response)
            report.write(to: &response.lines)
            return response
        } catch var problem as Problem {
            report.write(to: &problem.fields)
            route.answers?.apply(to: &problem, request)
            problem.lines = route.answerFields.refusal
            throw problem
        }
    }

    // MARK: - Filters

    private func route(of request: Request) throws(Problem) -> CompiledRoute {
        switch matcher.match(request) {
        case .route(let index): return routes[index]
        case .methodNotAllowed(let methods):
            request.context.reason = "method_not_allowed"
            throw refusal(
                Problem(.methodNotAllowed, "method_not_allowed", fields: [.allow: methods.joined(separator: ", ")]))
        case .notFound:
            request.context.reason = "no_route"
            throw refusal(Problem(.notFound, "not_found"))
        }
    }

    /// A header name with an underscore is one that a service may take for another name, which nobody here has looked at.
    private func checkUnderscores(_ request: Request) throws(Problem) {
        metrics.sawUnderscores(underscores)
        guard underscores == .refuse else { return }
        request.context.reason = "underscore_in_header_name"
        throw refusal(
            Problem(
                .badRequest, "underscore_in_header_name", detail: "Header names with underscores are refused."))
    }

    private func refusal(_ problem: Problem) -> Problem {
        var problem = problem
        problem.lines = standardFields.refusal
        return problem
    }

    /// The gateway's own answer to a preflight; `nil` when the route has no CORS policy.
    private func answer(_ preflight: Preflight, _ request: Request) -> Response? {
        guard let index = matcher.route(of: request, with: preflight.method),
            let answer = routes[index].answers?.answer(preflightFrom: preflight.origin)
        else { return nil }
        request.context.route = routes[index].template
        return answer
    }

    /// Whom the request is attributed to: the peer, or what the outermost trusted proxy says about its own peer.
    private func client(of request: Request, loop: LoopState) -> Client {
        let peer = request.context.peer
        guard trustedProxies > 0 else { return loop.client(peer) }
        let client = Client(
            ForwardedChain(
                peer: peer, trusted: trustedProxies, addresses: request.field(.forwardedFor),
                scheme: request.field(.forwardedProto), host: request.field(.forwardedHost)))
        request.context.client = client.text
        return client
    }

    nonisolated(nonsending) private func authenticated(_ request: Request, loop: LoopState) async throws
        -> VerifiedToken
    {
        guard let authenticator else { throw Problem(.unauthorized, "authentication_required") }
        return try await authenticator.authenticate(request, loop: loop)
    }

    /// An admin whose session was ended elsewhere is not let in because nobody could tell.
    private func checkFreshness(_ request: Request) throws(Problem) {
        guard let projection, !projection.isFresh else { return }
        request.context.reason = "feed_stale"
        throw Problem(.serviceUnavailable, "authorization_unavailable", fields: [.retryAfter: "1"])
    }

    nonisolated(nonsending) private func checkedKey(
        _ field: ByteRange, _ request: Request, loop: LoopState
    ) async throws -> VerifiedToken {
        guard let apiKeys else { throw APIKeyAuthenticator.missing }
        return try await apiKeys.authenticate(field, request, loop: loop)
    }

    // MARK: - Actions

    nonisolated(nonsending) private func throttled(
        _ throttle: RouteThrottle, _ request: Request,
        _ work: nonisolated(nonsending) () async throws -> Response
    ) async throws -> Response {
        try await throttle.enter(request.context)
        do {
            var response = try await work()
            throttle.hold(&response)
            return response
        } catch {
            throttle.leave()
            throw error
        }
    }

    nonisolated(nonsending) private func act(
        _ route: CompiledRoute, _ request: Request, token: VerifiedToken?, client: Client, loop: LoopState
    ) async throws -> Response {
        switch route.action {
        case .proxy(let upstream):
            return try await forward(
                request, route, to: upstream, route.timeouts, token: token, client: client, loop: loop)
        case .split(let split):
            return try await divide(split, route, request, token: token, client: client, loop: loop)
        case .redirect(let redirect):
            guard let location = redirect.location(for: request, scheme: client.scheme) else {
                request.context.reason = "host_required"
                throw Problem(.badRequest, "host_required", detail: "The request names no host.")
            }
            request.context.reason = "redirected"
            return Response(status: .init(code: redirect.status), fields: [.location: location])
        case .openAPI:
            return Self.noted(OpenAPIDocument.answer(to: request), request)
        case .aggregate(let aggregate):
            guard let running = request.context.loop ?? EventLoop.current else {
                throw Problem.internalError
            }
            let call = Aggregator.Call(
                lines: Forwarder.lines(for: request, from: client, claims: token?.claims.fields),
                origin: request.context, deadline: request.context.deadline ?? .max, loop: running,
                identity: { try self.identity(for: $0, token: token, loop: loop) })
            return Self.noted(try await aggregator.answer(aggregate, call: call, request: request), request)
        }
    }

    /// Says in the log that it was the gateway itself that told a client to use what it has.
    private static func noted(_ response: Response, _ request: Request) -> Response {
        if response.status == .notModified { request.context.reason = "not_modified" }
        return response
    }

    @inline(__always)
    nonisolated(nonsending) private func forward(
        _ request: Request, _ route: CompiledRoute, to upstream: Upstream, _ timeouts: TimeoutConfiguration,
        token: VerifiedToken?, client: Client, loop: LoopState
    ) async throws -> Response {
        let response = try await forwarder.forward(
            request, route: route, upstream: upstream, timeouts: timeouts,
            identity: try identity(for: upstream, token: token, loop: loop), from: client,
            claims: token?.claims.fields)
        if route.endsSession || route.endsUser { end(token, route, after: response) }
        return response
    }

    /// Sends a request to one of several upstreams. Which places it needs is known once its side is chosen.
    nonisolated(nonsending) private func divide(
        _ split: UpstreamSplit, _ route: CompiledRoute, _ request: Request, token: VerifiedToken?, client: Client,
        loop: LoopState
    ) async throws -> Response {
        let choice = split.decision.choose(request.head, random: random)
        let side = split.sides[choice.side]
        var response =
            if let throttle = side.throttle {
                try await throttled(throttle, request) {
                    try await self.forward(
                        request, route, to: side.upstream, side.timeouts, token: token, client: client, loop: loop)
                }
            } else {
                try await forward(
                    request, route, to: side.upstream, side.timeouts, token: token, client: client, loop: loop)
            }
        if choice.setsCookie {
            response.fields.append(HTTPField(name: .setCookie, value: split.decision.cookies[choice.side]))
        }
        return response
    }

    /// The feed will tell the other replicas; here the token is void before its owner reads the answer. 202 has promised
    /// to end it, and has not done so.
    private func end(_ token: VerifiedToken?, _ route: CompiledRoute, after response: Response) {
        guard response.status.kind == .successful, response.status != .accepted, let claims = token?.claims else {
            return
        }
        if route.endsUser { projection?.end(user: claims.subject) }
        if route.endsSession, let session = claims.sessionID { projection?.end(session: session) }
    }

    private func identity(for upstream: Upstream, token: VerifiedToken?, loop: LoopState) throws -> String? {
        guard let audience = upstream.configuration.audience else { return nil }
        let memory = token?.identities ?? loop.anonymous
        return try memory.token(for: upstream.index, now: clock.now) {
            try signer(audience, token?.caller)
        }
    }
}
