import HTTP
import HTTPTypes
import JSON
import Sockets

/// Sends the requests of the load. Nothing is tried twice: what fails is counted.
struct LoadClient: Sendable {
    struct Answer: Sendable {
        /// 0 when there was none.
        let status: Int
        let body: JSONValue
        /// Why there was no answer, or the `code` of the problem.
        let reason: String?

        func string(_ name: String) -> String? { body[name]?.string }
    }

    private let base: HTTPURL
    private let http: HTTPClient
    private let timeout: Duration

    /// - Throws: ``Failure`` when the URL is none.
    init(url: String, timeout: Duration, loops: Int) throws {
        base = try HTTPURL(checking: url)
        self.timeout = timeout
        var configuration = HTTPClientConfiguration()
        configuration.maximumConnections = 512
        configuration.maximumWaiters = 100_000
        http = HTTPClient(
            configuration: configuration, group: try EventLoopGroup(count: loops), resolver: Resolver())
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, token: String? = nil,
        key: String? = nil
    ) async -> Answer {
        var fields = HTTPFields()
        if body != nil { fields[.contentType] = "application/json" }
        if let token { fields[.authorization] = "Bearer \(token)" }
        if let key, let name = HTTPField.Name("Idempotency-Key") { fields[name] = key }
        var request = ClientRequest(method: method, endpoint: base.endpoint, target: .text(path), fields: fields)
        if let body { request.body = .bytes(body.bytes) }
        request.timeout = timeout
        do {
            let response = try await http.execute(request)
            let bytes = try await response.body.collect(upTo: 1 << 20)
            let value = (try? JSONValue(parsing: bytes)) ?? .null
            let status = Int(response.status.code)
            return Answer(status: status, body: value, reason: status < 400 ? nil : value["code"]?.string)
        } catch {
            return Answer(status: 0, body: .null, reason: "no answer: \(error)")
        }
    }
}
