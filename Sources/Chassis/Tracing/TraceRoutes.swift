public import HTTP
import HTTPTypes
import JSON
import Spans

/// `GET /traces` and `GET /traces/{id}` of the admin port: the traces in this process' memory, for whoever holds the
/// admin token.
struct TraceRoutes: Sendable {
    let traces: Traces
    let guardian: AdminToken

    func add(to router: inout Router) {
        router.get("/traces", guarded { request in try list(request) })
        router.get("/traces/{id}", guarded { request in try show(request) })
    }

    private func guarded(_ handler: @escaping Handler) -> Handler {
        { request in try await guardian.handle(request, next: handler) }
    }

    private func list(_ request: Request) throws -> Response {
        let filter = try TraceFilter(request.query)
        let document = TraceDocument(service: traces.serviceName)
        var found: [SpanReading] = []
        for entry in traces.ring?.entries ?? [] where found.count < filter.limit {
            let reading = SpanReading(entry.record)
            if filter.matches(reading.root) { found.append(reading) }
        }
        return .json(document.list(found))
    }

    private func show(_ request: Request) throws -> Response {
        let id = request.parameters["id"] ?? ""
        let found = try traces.remembered(id)
        guard !found.isEmpty else { throw Problem.notFound }
        return traces.answer(id, found)
    }
}

extension Traces {
    /// What this process remembers of a trace: all its records of it, as a service may be called several times for one, and
    /// none where it took no part in it. Whoever calls has seen to it that the caller may read it.
    /// - Parameter id: 32 hexadecimal digits.
    /// - Throws: `Problem` 404 when it is no id.
    public func answer(_ id: String) throws(Problem) -> Response { answer(id, try remembered(id)) }

    fileprivate func answer(_ id: String, _ readings: [SpanReading]) -> Response {
        .json(TraceDocument(service: serviceName).trace(id, readings))
    }

    /// The records of a trace, the earliest first.
    fileprivate func remembered(_ id: String) throws(Problem) -> [SpanReading] {
        guard let trace = TraceContext(traceparent: "00-\(id)-0000000000000001-00") else { throw Problem.notFound }
        return (ring?.entries ?? []).filter { $0.record.traceID == trace.traceID }.reversed()
            .map { SpanReading($0.record) }
    }
}

/// What `GET /traces` is asked for.
struct TraceFilter: Sendable, Equatable {
    /// The least duration in nanoseconds (`slow`, in milliseconds).
    var slow: UInt64 = 0
    /// Whether only those that failed are wanted (`error`).
    var failedOnly = false
    /// The route's template (`route`).
    var route: String?
    /// How many at most (`limit`).
    var limit = 20

    init() {}

    /// - Throws: `Problem` 400 `invalid_query`.
    init(_ query: Query) throws(Problem) {
        if let text = query["slow"] {
            guard let milliseconds = UInt64(text), milliseconds <= 3_600_000 else {
                throw Self.problem("slow must be milliseconds, up to 3600000.")
            }
            slow = milliseconds * 1_000_000
        }
        switch query["error"] {
        case nil, "false": break
        case "", "true": failedOnly = true
        default: throw Self.problem("error must be true or false.")
        }
        route = query["route"]
        if let text = query["limit"] {
            guard let number = Int(text), (1...100).contains(number) else {
                throw Self.problem("limit must be a whole number from 1 to 100.")
            }
            limit = number
        }
    }

    /// Whether a trace with this first span is wanted.
    func matches(_ root: SpanReading.Item) -> Bool {
        if failedOnly, !root.span.hasFailed { return false }
        if let route, root.text(.route) != route { return false }
        return root.end - root.start >= slow
    }

    private static func problem(_ detail: String) -> Problem { Problem(.badRequest, "invalid_query", detail: detail) }
}
