import Chassis
import HTTP
import HTTPTypes
import Sockets
import Spans

// A request's way through the filters. Whatever one of them refuses or fails at is thrown as a `Problem`.
extension Gateway {
    /// Answers a request.
    ///
    /// - Throws: `Problem` for everything that the gateway refuses or that fails behind it.
    @Sendable func handle(_ request: Request) async throws -> Response {
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
        let trace = request.context.trace
        var authentication = -1
        var report = LimitReport()
        do {
            try limits.check(route.limits.open, of: route.limits, request, client: client, token: nil, &report)
            // To find a known caller again takes nanoseconds: a span in sampled traces only.
            if let trace, trace.isSampled, !route.access.isPublic { authentication = trace.begin(.authentication) }
            var token: VerifiedToken?
            if route.access.acceptsAPIKeys, let field = request.head.value(of: APIKeyAuthenticator.field) {
                token = try apiKeys?.remembered(field, request, loop: loop)
                if let trace { note(&authentication, "api_key", isKnown: token != nil, trace) }
                if token == nil { token = try await checkedKey(field, request, loop: loop) }
            } else if route.access.acceptsTokens {
                // Almost every token has been seen before: no suspension then.
                token = authenticator?.remembered(request, loop: loop)
                if let trace { note(&authentication, "token", isKnown: token != nil, trace) }
                if token == nil { token = try await authenticated(request, loop: loop) }
            } else if !route.access.isPublic {
                throw APIKeyAuthenticator.missing
            }
            trace?.end(authentication)
            authentication = -1
            try limits.check(route.limits.callers, of: route.limits, request, client: client, token: token, &report)
            if let token {
                try limits.check(token.limits, of: route.limits, request, client: client, token: token, &report)
                try authorize(token, route, request, client: client)
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
            trace?.end(authentication, failedBy: problem.code)
            report.write(to: &problem.fields)
            route.answers?.apply(to: &problem, request)
            problem.lines = route.answerFields.refusal
            throw problem
        }
    }

    // MARK: - Single filters

    private func note(_ span: inout Int, _ credential: String, isKnown: Bool, _ trace: TraceRecord) {
        if span < 0, !isKnown { span = trace.begin(.authentication) }
        guard span >= 0 else { return }
        let span = span
        trace.edit { contents in
            contents.set(.credential, .text(credential), of: span)
            contents.set(.cached, .flag(isKnown), of: span)
        }
    }

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

    /// The template of the route that a request takes; `nil` when it takes none.
    func template(of request: Request) -> String? {
        guard case .route(let index) = matcher.match(request) else { return nil }
        return routes[index].template
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

    @inline(__always)
    private func authorize(
        _ token: VerifiedToken, _ route: CompiledRoute, _ request: Request, client: Client
    ) throws(Problem) {
        do throws(Problem) {
            try route.access.check(token.grants, request.context)
        } catch {
            audit.refused(request, route, token, client: client)
            throw error
        }
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
}
