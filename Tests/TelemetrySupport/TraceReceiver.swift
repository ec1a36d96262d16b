public import HTTP
public import HTTPTypes
public import JSON
import Sockets
import Synchronization

/// A collector for tests: takes OTLP/HTTP JSON, holds it against what the specification asks of the encoding, and keeps
/// the spans.
public final class TraceReceiver: Sendable {
    /// One span as it came.
    public struct Span: Sendable {
        /// `service.name` of its resource.
        public let service: String
        /// The span itself.
        public let json: JSONValue

        /// The ids, hexadecimal.
        public var traceID: String { text("traceId") }
        /// The ids, hexadecimal.
        public var id: String { text("spanId") }
        /// Empty for a root.
        public var parentID: String { text("parentSpanId") }
        /// The name.
        public var name: String { text("name") }
        /// The number of the kind.
        public var kind: Int { Int(json["kind"]?.integer ?? 0) }
        /// Whether its status is an error.
        public var hasFailed: Bool { json["status"]?["code"]?.integer == 2 }
        /// Nanoseconds since 1970.
        public var start: UInt64 { UInt64(text("startTimeUnixNano")) ?? 0 }
        /// Nanoseconds since 1970.
        public var end: UInt64 { UInt64(text("endTimeUnixNano")) ?? 0 }
        /// The links, as they came.
        public var links: [JSONValue] { json["links"]?.array ?? [] }

        /// The value of an attribute as a text; nil when there is none.
        public func attribute(_ key: String) -> String? {
            let found = json["attributes"]?.array?.first { $0["key"]?.string == key }?["value"]
            if let flag = found?["boolValue"] { return flag == .bool(true) ? "true" : "false" }
            return found?["stringValue"]?.string ?? found?["intValue"]?.string
        }

        private func text(_ member: String) -> String { json[member]?.string ?? "" }
    }

    /// How it answers: given the number of requests before, the response.
    public typealias Answer = @Sendable (_ count: Int) async throws -> Response

    private struct State {
        var spans: [Span] = []
        var requests: [Request] = []
        var faults: [String] = []
    }

    /// One request as it came.
    public struct Request: Sendable {
        /// The fields.
        public let fields: HTTPFields
        /// The body, unpacked.
        public let body: [UInt8]
        /// The path.
        public let target: String
    }

    private let state = Mutex(State())
    private let answer: Mutex<Answer>
    private let group: EventLoopGroup
    private let server = Mutex<HTTPServer?>(nil)
    private let bound = Mutex<Int>(0)

    /// The port that it listens at.
    public var port: Int { bound.withLock { $0 } }
    /// What a service's `OTEL_EXPORTER_OTLP_ENDPOINT` is to be.
    public var endpoint: String { "http://127.0.0.1:\(port)" }
    /// All spans of accepted requests.
    public var spans: [Span] { state.withLock { $0.spans } }
    /// All requests, the refused ones too.
    public var requests: [Request] { state.withLock { $0.requests } }
    /// What was not as the specification has it.
    public var faults: [String] { state.withLock { $0.faults } }

    /// A receiver at a port that the system chooses.
    public init(answer: @escaping Answer = { _ in .json(Array("{}".utf8)) }) async throws {
        self.answer = Mutex(answer)
        group = try EventLoopGroup(count: 1)
        try await start()
    }

    /// Answers otherwise from now on.
    public func answer(_ answer: @escaping Answer) { self.answer.withLock { $0 = answer } }

    /// Listens, again on the same port after a ``stop()``.
    public func start() async throws {
        var router = Router()
        router.use(GzipRequests())
        router.post("/v1/traces", bodyLimit: 64 << 20) { request in try await self.take(request) }
        router.post("/custom/path", bodyLimit: 64 << 20) { request in try await self.take(request) }
        let server = HTTPServer(group: group, handler: router.handler)
        let address = try await server.start(host: "127.0.0.1", port: port)
        bound.withLock { $0 = address.port }
        self.server.withLock { $0 = server }
    }

    /// Closes the port.
    public func stop() async {
        let server = server.withLock { server in
            defer { server = nil }
            return server
        }
        await server?.shutdown(grace: .zero)
    }

    private func take(_ request: HTTP.Request) async throws -> Response {
        let body = try await request.body.collect()
        let count = state.withLock { state in
            state.requests.append(Request(fields: request.fields, body: body, target: request.target))
            return state.requests.count - 1
        }
        let response = try await answer.withLock { $0 }(count)
        guard (200..<300).contains(response.status.code) else { return response }
        let document = try JSONValue(parsing: body, limits: JSONLimits(bytes: 64 << 20))
        var spans: [Span] = []
        for resource in document["resourceSpans"]?.array ?? [] {
            let attributes = resource["resource"]?["attributes"]?.array ?? []
            let service = attributes.first { $0["key"]?.string == "service.name" }?["value"]?["stringValue"]?.string
            for scope in resource["scopeSpans"]?.array ?? [] {
                spans += (scope["spans"]?.array ?? []).map { Span(service: service ?? "", json: $0) }
            }
        }
        let faults = spans.flatMap(Self.faults)
        state.withLock { state in
            state.spans += spans
            state.faults += faults
        }
        return response
    }

    /// What is wrong with a span by the "JSON Protobuf Encoding" of OTLP.
    private static func faults(_ span: Span) -> [String] {
        var faults: [String] = []
        func check(_ holds: Bool, _ what: String) { if !holds { faults.append("\(what): \(span.json)") } }
        check(span.traceID.wholeMatch(of: /[0-9a-f]{32}/) != nil, "traceId")
        check(span.id.wholeMatch(of: /[0-9a-f]{16}/) != nil, "spanId")
        check(span.parentID.wholeMatch(of: /([0-9a-f]{16})?/) != nil, "parentSpanId")
        check((1...5).contains(span.kind), "kind is a number")
        check(span.start > 1_500_000_000_000_000_000 && span.end >= span.start, "times are texts, in order")
        check(!span.name.isEmpty, "name")
        for attribute in span.json["attributes"]?.array ?? [] {
            let value = attribute["value"]
            check(attribute["key"]?.string?.isEmpty == false, "key")
            check(value?["intValue"] == nil || value?["intValue"]?.string != nil, "64-bit integers are texts")
        }
        return faults
    }
}

extension TraceReceiver {
    /// The spans of one trace.
    public func trace(_ id: String) -> [Span] { spans.filter { $0.traceID == id } }

    /// A trace as an indented list of `service: name`, children in the order of their beginning; spans whose parent has not
    /// come are roots.
    public func tree(_ id: String, leavingOut hidden: Set<String> = []) -> String {
        let spans = trace(id).sorted { $0.start < $1.start }
        let known = Set(spans.map(\.id))
        var lines: [String] = []
        func add(_ span: Span, _ depth: Int) {
            if hidden.contains(span.name) { return }
            lines.append(String(repeating: "  ", count: depth) + "\(span.service): \(span.name)")
            for child in spans where child.parentID == span.id { add(child, depth + 1) }
        }
        for root in spans where !known.contains(root.parentID) { add(root, 0) }
        return lines.joined(separator: "\n")
    }
}
