import HTTP
import HTTPTypes
import JSON
import Sockets

/// The public API as a client sees it.
struct APIClient: Sendable {
    struct Answer: Sendable {
        let status: Int
        let fields: HTTPFields
        let bytes: [UInt8]
        /// The body as JSON; `null` when there is none.
        let body: JSONValue

        var text: String { String(decoding: bytes, as: UTF8.self) }
        var code: String? { body["code"]?.string }
        func field(_ name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }
    }

    /// One client for all tests: its loops and connections are shared.
    private static let http: Result<HTTPClient, any Error> = Result {
        HTTPClient(group: try EventLoopGroup(count: 2), resolver: Resolver())
    }

    let port: Int

    /// As ``sendOnce(_:_:_:raw:token:key:fields:)``, and again as long as user-service says that too many passwords wait:
    /// dozens of tests log in at once, on few cores.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, raw: [UInt8]? = nil,
        token: String? = nil, key: String? = nil, fields: [String: String] = [:]
    ) async throws -> Answer {
        let hashes = path.hasSuffix("/v1/users") || path.contains("/sessions") || path.contains("/password")
        for _ in 0..<30 {
            let answer = try await sendOnce(
                method, path, body, raw: raw, token: token, key: key, fields: fields)
            guard hashes, method != .get, answer.status == 503, answer.body["code"] == .string("unavailable"),
                let seconds = answer.field("Retry-After").flatMap({ Int($0) })
            else { return answer }
            try await Task.sleep(for: .seconds(min(seconds, 5)))
        }
        return try await sendOnce(method, path, body, raw: raw, token: token, key: key, fields: fields)
    }

    /// Sends one request.
    ///
    /// - Parameters:
    ///   - raw: The body as it stands, instead of `body`.
    /// - Throws: When there is no answer at all.
    func sendOnce(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, raw: [UInt8]? = nil,
        token: String? = nil, key: String? = nil, fields extra: [String: String] = [:]
    ) async throws -> Answer {
        var fields = HTTPFields()
        let bytes = raw ?? body.map(Self.serialize)
        if bytes != nil { fields[.contentType] = "application/json" }
        if let token { fields[.authorization] = "Bearer \(token)" }
        var named = extra
        if let key { named["Idempotency-Key"] = key }
        for (name, value) in named { if let name = HTTPField.Name(name) { fields[name] = value } }
        var request = ClientRequest(
            method: method, endpoint: Endpoint(host: "127.0.0.1", port: port), target: .text(path), fields: fields)
        if let bytes { request.body = .bytes(bytes) }
        request.timeout = .seconds(60)
        let response = try await Self.http.get().execute(request)
        let answer = try await response.body.collect(upTo: 16 << 20)
        let isJSON = response.fields[.contentType]?.contains("json") == true && !answer.isEmpty
        return Answer(
            status: Int(response.status.code), fields: response.fields, bytes: answer,
            body: isJSON ? try JSONValue(parsing: answer) : .null)
    }

    private static func serialize(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }
}
