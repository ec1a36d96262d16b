import Chassis
import HTTP
import HTTPTypes
import Sockets

// What a route does with a request that has passed the filters: forward it, to one upstream or one of several, lead it
// elsewhere, or answer it here.
extension Gateway {
    nonisolated(nonsending) func throttled(
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

    nonisolated(nonsending) func act(
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
        case .own(.faults):
            return try await faultDesk.answer(request) { try self.identity(for: $0, token: token, loop: loop) }
        case .own(let answer):
            return Self.noted(try self.answer(answer, to: request), request)
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

    private func answer(_ own: OwnAnswer, to request: Request) throws -> Response {
        do {
            if own.isOfConsole, !hasConsole { throw Problem(.notFound, "not_found") }
            return switch own {
            case .openAPI: OpenAPIDocument.answer(to: request)
            case .console: try Console.page(for: request)
            case .consoleAssets: try Console.asset(for: request)
            case .live: try liveFeed.answer()
            case .trace: try trace(for: request)
            case .faults: throw Problem.notFound
            }
        } catch {
            request.context.reason = own.reasonOfFailure
            throw error
        }
    }

    /// `…/{id}/gateway`: what is remembered here of a trace.
    private func trace(for request: Request) throws(Problem) -> Response {
        let segments = request.path.split(separator: "/")
        return try traces.answer(segments.count > 1 ? String(segments[segments.count - 2]) : "")
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
        if route.revokes, response.status.kind == .successful { await projection?.catchUp() }
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
