import HTTP
import HTTPTypes
import Sockets

/// One GET of a health endpoint.
struct HealthCheck: Sendable {
    private let client: HTTPClient

    /// - Throws: `SocketError` when the system has no descriptors left.
    init() throws {
        let group = try EventLoopGroup(count: 1)
        client = HTTPClient(group: group, resolver: Resolver())
    }

    /// Whether `url` answers with a 2xx status within `timeout`.
    func passes(url: String, timeout: Duration) async -> Bool {
        guard let target = HTTPURL(url) else { return false }
        var request = ClientRequest(method: .get, endpoint: target.endpoint, target: .text(target.target))
        request.timeout = timeout
        guard let response = try? await client.execute(request) else { return false }
        _ = try? await response.body.collect(upTo: 65536)
        return (200..<300).contains(response.status.code)
    }
}
