import HTTP
import HTTPTypes
import Sockets

/// Sends a request on to its upstream and streams the answer back.
struct Forwarder: Sendable {
    let client: HTTPClient
    let replayLimit: Int
    /// The fields that are never taken over from a client.
    let removed: FieldFilter

    /// - Parameters:
    ///   - identity: The signed identity for this upstream; `nil` for one that asks for none.
    ///   - client: The address that the request is attributed to.
    ///   - claims: What else the services are told about the caller.
    nonisolated(nonsending) func forward(
        _ request: Request, route: CompiledRoute, upstream: Upstream, identity: String?, client address: String,
        claims: FieldLines?
    ) async throws -> Response {
        let context = request.context
        guard let loop = context.loop ?? EventLoop.current else { throw Problem.internalError }
        context.upstream = upstream.configuration.name
        try request.body.restrict(to: route.bodyLimit)
        let body = request.body.isEmpty ? .empty : try await body(of: request, route: route)
        var outgoing = ClientRequest(
            forwarding: request, endpoint: upstream.endpoint,
            target: Self.target(of: request, route: route), removing: removed)
        outgoing.lines = Self.lines(for: request, client: address, claims: claims)
        if let identity { outgoing.lines.append("Tollgate-Identity", identity) }
        outgoing.origin = context
        outgoing.body = body
        let total = loop.now + route.timeouts.total
        let exchange = Exchange(
            client: client, upstream: upstream, loop: loop, timeouts: route.timeouts,
            deadline: context.deadline.map { min($0, total) } ?? total,
            isReplayable: Self.isReplayable(request, body, route: route),
            affinity: upstream.usesAffinity ? upstream.affinity(of: request, client: address) : nil)
        do {
            let answer = try await exchange.send(outgoing)
            if answer.head.statusCode >= 500 { context.reason = "upstream_status_\(answer.head.statusCode)" }
            return Self.response(forwarding: answer, route: route)
        } catch let failure as UpstreamFailure {
            context.reason = failure.reason
            throw failure.problem
        }
    }

    /// The answer for the client. A `Location` on the service is given the prefix that the service never saw.
    private static func response(forwarding answer: ClientResponse, route: CompiledRoute) -> Response {
        let status = answer.head.statusCode
        guard route.prefixLength > 0, (300..<400).contains(status) || status == 201 || status == 202,
            let location = answer.field(.location), location.hasPrefix("/"), !location.hasPrefix("//")
        else { return Response(forwarding: answer, removing: FieldRules.fromUpstream) }
        var response = Response(forwarding: answer, removing: FieldRules.fromUpstreamWithLocation)
        response.fields[.location] = route.prefix + location
        return response
    }

    /// The body to send: read into memory first when the request may be sent twice but for its body.
    private func body(of request: Request, route: CompiledRoute) async throws -> ClientRequestBody {
        let length = request.body.knownLength ?? route.bodyLimit
        guard length <= replayLimit, Self.mayRepeat(request, route: route) else { return .stream(request.body) }
        return .bytes(try await request.body.collect())
    }

    private static func isReplayable(_ request: Request, _ body: ClientRequestBody, route: CompiledRoute) -> Bool {
        if case .stream = body { return false }
        return mayRepeat(request, route: route)
    }

    /// Whether the effect of sending the request twice is that of sending it once.
    private static func mayRepeat(_ request: Request, route: CompiledRoute) -> Bool {
        isSafe(request) || (route.honoursKeys && request.head.value(of: "idempotency-key") != nil)
    }

    private static func isSafe(_ request: Request) -> Bool {
        switch request.head.methodKind {
        case .get, .head, .options: true
        default: false
        }
    }

    /// The path that was routed, in its normal form and without the route's prefix; the query as received.
    private static func target(of request: Request, route: CompiledRoute) -> ClientTarget {
        let head = request.head
        if head.pathIsPlain, head.targetForm == .origin { return .received(droppingPrefix: route.prefixLength) }
        let target = request.normalizedTarget
        return .text(target.hasPrefix(route.prefix) ? String(target.dropFirst(route.prefix.count)) : target)
    }

    /// What the gateway says about a request, but for its identity.
    static func lines(for request: Request, client address: String, claims: FieldLines?) -> FieldLines {
        // Whether to record is decided in here: a client cannot make us.
        if request.context.traceparent.isSampled { request.context.traceparent.isSampled = false }
        var lines = FieldLines(capacity: 1024)
        lines.append("X-Forwarded-For", address)
        lines.append("X-Forwarded-Proto", "http")
        let head = request.head
        if !head.authority.isEmpty { lines.append("X-Forwarded-Host", head.authority, of: head) }
        if let claims, claims.count > 0 { lines.append(claims) }
        return lines
    }
}
