import Chassis
import HTTP
import HTTPTypes
import JSON
import Sockets

/// An aggregate as the hot path uses it.
struct Aggregate: Sendable {
    struct Part: Sendable {
        let configuration: AggregateConfiguration.Part
        let upstream: Upstream
    }

    let parts: [Part]
}

/// Answers an aggregate: asks for all parts at once and puts one document together.
///
/// Without a required part there is no answer but that part's failure; an optional part that is missing is `null`, is
/// listed in `missing`, and makes `Tollgate-Completeness: partial`.
struct Aggregator: Sendable {
    let client: HTTPClient
    /// The longest part in bytes.
    static let maximumPart = 1 << 20

    /// How one part came out.
    enum Outcome: Sendable, Equatable {
        case value(JSONValue)
        /// The upstream refused: its status and, for the client of a required part, its own words.
        case refused(status: Int, body: [UInt8])
        /// There was no answer to use; the problem says what the client may know.
        case failed(Problem, reason: String)
    }

    /// What all parts are asked with.
    struct Call: Sendable {
        var lines: FieldLines
        var origin: RequestContext
        var deadline: UInt64
        var loop: EventLoop
        var identity: @Sendable (Upstream) throws -> String?
    }

    func answer(_ aggregate: Aggregate, call: Call, context: RequestContext) async throws -> Response {
        let outcomes = await withTaskGroup(of: (Int, Outcome).self, returning: [Outcome?].self) { group in
            for (index, part) in aggregate.parts.enumerated() {
                group.addTask { (index, await outcome(of: part, call: call)) }
            }
            var outcomes = [Outcome?](repeating: nil, count: aggregate.parts.count)
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes
        }
        let parts = zip(aggregate.parts.map(\.configuration), outcomes.compactMap(\.self))
        context.reason = Self.reasons(parts)
        return try Self.merge(parts)
    }

    // MARK: - One part

    private func outcome(of part: Aggregate.Part, call: Call) async -> Outcome {
        do {
            var request = ClientRequest(
                method: .get, endpoint: part.upstream.endpoint, target: .text(part.configuration.target),
                fields: [.accept: "application/json"])
            request.lines = call.lines
            request.origin = call.origin
            if let identity = try call.identity(part.upstream) { request.lines.append("Tollgate-Identity", identity) }
            let timeout = part.configuration.timeout
            var timeouts = part.upstream.configuration.timeouts
            timeouts.perTry = min(timeouts.perTry, timeout)
            let exchange = Exchange(
                client: client, upstream: part.upstream, loop: call.loop, timeouts: timeouts,
                deadline: min(call.deadline, call.loop.now + timeout), isReplayable: true)
            let answer = try await exchange.send(request)
            return Self.outcome(
                status: answer.head.statusCode, body: try await answer.body.collect(upTo: Self.maximumPart),
                pick: part.configuration.pick)
        } catch let failure as UpstreamFailure {
            return .failed(failure.problem, reason: failure.reason)
        } catch let error as HTTPClientError {
            let failure = FailedTry(error).failure
            return .failed(failure.problem, reason: failure.reason)
        } catch {
            return .failed(Problem(.badGateway, "bad_gateway"), reason: "part_failed")
        }
    }

    static func outcome(status: Int, body: [UInt8], pick: String?) -> Outcome {
        guard status == 200 else { return .refused(status: status, body: body) }
        guard let value = try? JSONValue(parsing: body, limits: .init(bytes: maximumPart)) else {
            return .failed(Problem(.badGateway, "bad_gateway"), reason: "part_not_json")
        }
        guard let pick else { return .value(value) }
        guard let picked = value[pick] else {
            return .failed(Problem(.badGateway, "bad_gateway"), reason: "part_without_\(pick)")
        }
        return .value(picked)
    }

    // MARK: - All parts

    private static func reasons(_ parts: some Sequence<(AggregateConfiguration.Part, Outcome)>) -> String? {
        let reasons = parts.compactMap { part, outcome -> String? in
            switch outcome {
            case .value: nil
            case .refused(let status, _): "\(part.name): \(part.upstream) upstream_status_\(status)"
            case .failed(_, let reason): "\(part.name): \(part.upstream) \(reason)"
            }
        }
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }

    /// - Throws: `Problem` of the first required part that is missing.
    static func merge(_ parts: some Sequence<(AggregateConfiguration.Part, Outcome)>) throws -> Response {
        var writer = JSONWriter(capacity: 1024)
        var missing: [String] = []
        writer.beginObject()
        for (part, outcome) in parts {
            if case .value(let value) = outcome {
                writer.member(part.name, value)
                continue
            }
            if part.isRequired { return try failure(outcome) }
            missing.append(part.name)
            writer.member(part.name, JSONValue.null)
        }
        writer.member("missing", JSONValue.array(missing.map { .string($0) }))
        writer.endObject()
        var response = Response.json(writer.bytes)
        response.fields[.tollgateCompleteness] = missing.isEmpty ? "complete" : "partial"
        response.fields[.cacheControl] = "no-store"
        return response
    }

    /// A refusal (4xx) of a required part is the client's to know as it is; anything else is a fault behind the gateway.
    private static func failure(_ outcome: Outcome) throws -> Response {
        switch outcome {
        case .refused(let status, let body) where (400..<500).contains(status):
            return Response(
                status: .init(code: status), fields: [.contentType: "application/problem+json"], body: .bytes(body))
        case .refused(503, _):
            throw Problem(.serviceUnavailable, "upstream_unavailable", fields: [.retryAfter: "1"])
        case .failed(let problem, _): throw problem
        default: throw Problem(.badGateway, "bad_gateway")
        }
    }
}
