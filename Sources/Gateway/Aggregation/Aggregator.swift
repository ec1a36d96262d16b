import Chassis
import HTTP
import HTTPTypes
import JSON
import Sockets
import Spans

/// Answers an aggregate: asks for all parts at once, for those that wait for others as soon as these are there, and puts
/// one document together.
struct Aggregator: Sendable {
    let client: HTTPClient
    /// Makes upstreams slow; `nil` where the fault lab is off.
    var faults: FaultLab?
    /// The longest part in bytes.
    static let maximumPart = 1 << 20

    /// What all parts are asked with. None of it is the client's: no condition, range or coding that it asked for.
    struct Call: Sendable {
        var lines: FieldLines
        var origin: RequestContext
        var deadline: UInt64
        var loop: EventLoop
        var identity: @Sendable (Upstream) throws -> String?
    }

    func answer(_ aggregate: Aggregate, call: Call, request: Request) async throws -> Response {
        // Several tasks send the request's id on: it is made before they start.
        _ = request.context.id
        var call = call
        call.deadline = min(call.deadline, call.loop.now + aggregate.configuration.timeout)
        let document = await collect(aggregate, call)
        request.context.reason = document.reasons
        aggregate.count(document)
        return try document.response(
            isPublic: aggregate.configuration.access.isPublic, ifNoneMatch: request.field(.ifNoneMatch))
    }

    private func collect(_ aggregate: Aggregate, _ call: Call) async -> AggregateDocument {
        await withTaskGroup(of: (Int, PartOutcome).self) { group in
            var parts = PartCollection(aggregate.configuration)
            var due = parts.start()
            repeat {
                for next in due {
                    group.addTask { (next.part, await outcome(of: next, aggregate, call)) }
                }
                guard !parts.isFutile, let (part, outcome) = await group.next() else { break }
                due = parts.record(outcome, of: part)
            } while true
            group.cancelAll()
            return parts.document
        }
    }

    // MARK: - One part

    private func outcome(of due: PartCollection.Due, _ aggregate: Aggregate, _ call: Call) async -> PartOutcome {
        let part = aggregate.configuration.parts[due.part]
        let span = call.origin.trace.map { ActiveSpan($0).begin(.part) }
        span?.record.set(.part, text: part.name, of: span?.index ?? -1)
        defer { span?.end() }
        do {
            let answer = try await send(due.target, part, aggregate.upstreams[due.part], call, span)
            let type = answer.field(.contentType)?.lowercased()
            return PartOutcome(
                status: answer.head.statusCode, body: try await answer.body.collect(upTo: Self.maximumPart),
                isProblem: type?.hasPrefix("application/problem+json") == true,
                limits: JSONLimits(bytes: Self.maximumPart), pick: part.pick)
        } catch let failure as UpstreamFailure {
            return .failed(failure.problem, reason: failure.reason)
        } catch let error as HTTPClientError {
            let failure = FailedTry(error).failure
            return .failed(failure.problem, reason: failure.reason)
        } catch {
            return .failed(Problem(.badGateway, "bad_gateway"), reason: "part_failed")
        }
    }

    private func send(
        _ target: String, _ part: AggregateConfiguration.Part, _ upstream: Upstream, _ call: Call,
        _ span: ActiveSpan?
    ) async throws -> ClientResponse {
        var request = ClientRequest(
            method: .get, endpoint: upstream.endpoint, target: .text(target), fields: [.accept: "application/json"])
        request.lines = call.lines
        request.origin = call.origin
        if let identity = try call.identity(upstream) { request.lines.append("Tollgate-Identity", identity) }
        var timeouts = upstream.configuration.timeouts
        timeouts.perTry = min(timeouts.perTry, part.timeout)
        let exchange = Exchange(
            client: client, upstream: upstream, loop: call.loop, timeouts: timeouts,
            deadline: min(call.deadline, call.loop.now + part.timeout), isReplayable: true, span: span,
            delay: faults?.slowness(of: upstream.configuration.name, call.origin)?.milliseconds ?? 0)
        return try await exchange.send(&request)
    }
}
