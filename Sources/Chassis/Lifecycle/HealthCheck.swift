import HTTP
import HTTPTypes
public import Sockets

/// GETs of health endpoints, as health checks of containers make them: images hold neither a shell nor curl.
public struct HealthCheck: Sendable {
    private let client: HTTPClient

    /// - Throws: `SocketError` when the system has no descriptors left.
    public init() throws {
        client = HTTPClient(group: try EventLoopGroup(count: 1), resolver: Resolver())
    }

    /// Whether `target` (in origin form) is answered with a 2xx status within `timeout`.
    public func passes(at endpoint: Endpoint, _ target: String, within timeout: Duration) async -> Bool {
        var request = ClientRequest(method: .get, endpoint: endpoint, target: .text(target))
        request.timeout = timeout
        guard let response = try? await client.execute(request) else { return false }
        _ = try? await response.body.collect(upTo: 65536)
        return (200..<300).contains(response.status.code)
    }
}
