import Chassis
import HTTP
import HTTPTypes
import Sockets
import Spans

/// Sends a request on to its upstream and streams the answer back.
struct Forwarder: Sendable {
    let client: HTTPClient
    let replayLimit: Int
    /// Makes upstreams slow; `nil` where the fault lab is off.
    var faults: FaultLab?

    /// - Parameters:
    ///   - identity: The signed identity for this upstream; `nil` for one that asks for none.
    ///   - from: Whom the request is attributed to.
    ///   - claims: What else the services are told about the caller.
    nonisolated(nonsending) func forward(
        _ request: Request, route: CompiledRoute, upstream: Upstream, timeouts: TimeoutConfiguration,
        identity: String?, from origin: Client, claims: FieldLines?
    ) async throws -> Response {
        let context = request.context
        guard let loop = context.loop ?? EventLoop.current else { throw Problem.internalError }
        context.upstream = upstream.configuration.name
        try request.body.restrict(to: route.bodyLimit)
        let upgrades = route.allowsWebSocket && request.head.upgradesToWebSocket
        if upgrades { try WebSocketHandshake.check(request) }
        if route.isStreaming { request.body.allowPauses(of: .milliseconds(timeouts.idle)) }
        let body = request.body.isEmpty ? .empty : try await body(of: request, route: route)
        var outgoing = ClientRequest(
            forwarding: request, endpoint: upstream.endpoint,
            target: route.target.target(of: request),
            removing: request.head.namesHaveUnderscores
                ? route.requestFields.filterOfUnderscores : route.requestFields.filter)
        outgoing.lines = Self.lines(for: request, from: origin, claims: claims)
        if !route.requestFields.lines.isEmpty { outgoing.lines.append(route.requestFields.lines) }
        if let identity { outgoing.lines.append("Tollgate-Identity", identity) }
        outgoing.origin = context
        outgoing.body = body
        outgoing.upgradesToWebSocket = upgrades
        outgoing.liftsDeadline = upgrades || route.isStreaming
        if outgoing.liftsDeadline { context.takesTime = true }
        let total = loop.now + timeouts.total
        let slowness = faults?.slowness(of: upstream.configuration.name, context)
        let exchange = Exchange(
            client: client, upstream: upstream, loop: loop, timeouts: timeouts,
            deadline: context.deadline.map { min($0, total) } ?? total,
            isReplayable: Self.isReplayable(request, body, route: route),
            affinity: upstream.usesAffinity ? upstream.affinity(of: request, client: origin.text) : nil,
            span: context.trace.map { ActiveSpan($0) }, delay: slowness?.milliseconds ?? 0)
        do {
            let answer = try await exchange.send(&outgoing)
            if answer.head.statusCode >= 500 { context.reason = "upstream_status_\(answer.head.statusCode)" }
            var response = try Self.response(forwarding: answer, route: route)
            if let slowness { slowness.apply(to: &response, context) }
            return upgrades ? upstream.metrics.tunnels.counted(response) : response
        } catch let failure as UpstreamFailure {
            context.reason = failure.reason
            throw failure.problem
        }
    }

    /// The answer for the client. A `Location` on the service is led back to the path that the client knows.
    private static func response(
        forwarding answer: ClientResponse, route: CompiledRoute
    ) throws(UpstreamFailure) -> Response {
        do throws(HTTPClientError) {
            return try led(answer, back: route)
        } catch {
            throw FailedTry(error).failure
        }
    }

    private static func led(
        _ answer: ClientResponse, back route: CompiledRoute
    ) throws(HTTPClientError) -> Response {
        let status = answer.head.statusCode
        // Also of a refusal, which may say where it is written.
        guard route.target.changesPath, (300..<500).contains(status) || status == 201 || status == 202,
            let location = answer.field(.location).flatMap(route.target.outside)
        else { return try Response(forwarding: answer, removing: route.answerFields.removed) }
        var response = try Response(forwarding: answer, removing: route.answerFields.removedWithLocation)
        response.fields[.location] = location
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
        isSafe(request) || (route.honoursKeys && carriesKey(request.head))
    }

    /// Whether the upstream will see a key: one that `Connection` names does not cross.
    private static func carriesKey(_ head: RequestHead) -> Bool {
        head.value(of: "idempotency-key") != nil && !head.connectionNames("idempotency-key")
    }

    private static func isSafe(_ request: Request) -> Bool {
        switch request.head.methodKind {
        case .get, .head, .options: true
        default: false
        }
    }

    /// What the gateway says about a request, but for its identity.
    static func lines(for request: Request, from origin: Client, claims: FieldLines?) -> FieldLines {
        // Whether to record is decided in here: a client cannot make us.
        if request.context.trace == nil, request.context.traceparent.isSampled {
            request.context.traceparent.isSampled = false
        }
        var lines = FieldLines(capacity: 1024)
        origin.place.append(to: &lines, host: request.head.authority, of: request.head)
        if let claims, claims.count > 0 { lines.append(claims) }
        return lines
    }
}
