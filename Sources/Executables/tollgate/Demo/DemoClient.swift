import HTTP
import HTTPTypes
import JSON
import Sockets

/// Sends the demo's requests and prints each with its answer, as curl lines that a reader can repeat.
struct DemoClient: Sendable {
    /// A status and the JSON of an answer's body (`null` when there is none).
    struct Answer: Sendable {
        let status: Int
        let body: JSONValue
        let fields: HTTPFields

        /// A string member of the body.
        func string(_ name: String) throws -> String {
            guard case .string(let text)? = body[name] else { throw Failure("the answer has no member \"\(name)\"") }
            return text
        }
    }

    private let base: HTTPURL
    private let url: String
    private let http: HTTPClient
    private let print: @Sendable (String) -> Void

    init(url: String, print: @escaping @Sendable (String) -> Void) throws {
        base = try HTTPURL(checking: url)
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.print = print
        http = try .ofTool()
    }

    /// Sends one request and expects one status.
    ///
    /// - Parameters:
    ///   - token: A bearer token; printed as `$TOKEN`.
    ///   - key: An idempotency key.
    /// - Throws: ``Failure`` when the gateway cannot be reached or answers with another status.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil,
        token: String? = nil, key: String? = nil, expect status: Int
    ) async throws -> Answer {
        var fields = HTTPFields()
        if body != nil { fields[.contentType] = "application/json" }
        if let token { fields[.authorization] = "Bearer \(token)" }
        if let key, let name = HTTPField.Name("Idempotency-Key") { fields[name] = key }
        let bytes = body?.bytes
        show(method, path, bytes, token: token, key: key)

        let answer = try await patientExchange(method, path, fields, bytes)
        if let name = HTTPField.Name("Idempotent-Replayed"), let replayed = answer.fields[name] {
            print("  Idempotent-Replayed: \(replayed)")
        }
        let body = answer.body == .null ? "" : String(decoding: answer.body.bytes, as: UTF8.self)
        print("  \(answer.status)  \(body)\n")
        guard answer.status == status else {
            throw Failure("\(method.rawValue) \(path) was answered with \(answer.status), not \(status)")
        }
        return answer
    }

    /// Comes again when the gateway or a service says that it is busy just now, and when.
    private func patientExchange(
        _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields, _ body: [UInt8]?
    ) async throws -> Answer {
        for _ in 0..<5 {
            let answer = try await exchange(method, path, fields, body)
            guard answer.status == 503, let seconds = answer.fields[.retryAfter].flatMap(Int.init) else {
                return answer
            }
            print("  503  busy; again in \(seconds) s")
            try await Task.sleep(for: .seconds(min(seconds, 10)))
        }
        return try await exchange(method, path, fields, body)
    }

    private func exchange(
        _ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields, _ body: [UInt8]?
    ) async throws -> Answer {
        var request = ClientRequest(method: method, endpoint: base.endpoint, target: .text(path), fields: fields)
        if let body { request.body = .bytes(body) }
        request.timeout = .seconds(15)
        do {
            let response = try await http.execute(request)
            let bytes = try await response.body.collect(upTo: 1 << 20)
            let value = bytes.isEmpty ? JSONValue.null : try JSONValue(parsing: bytes)
            return Answer(status: Int(response.status.code), body: value, fields: response.fields)
        } catch {
            throw Failure("no answer from \(url): \(error)")
        }
    }

    private func show(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]?, token: String?, key: String?
    ) {
        var line = "$ curl -s"
        if method != .get, !(method == .post && body != nil) { line += " -X \(method.rawValue)" }
        line += " \(url)\(path)"
        if token != nil { line += " -H \"Authorization: Bearer $TOKEN\"" }
        if let key { line += " -H 'Idempotency-Key: \(key)'" }
        if let body {
            line += " \\\n    -H 'Content-Type: application/json' -d '\(String(decoding: body, as: UTF8.self))'"
        }
        print(line)
    }
}
