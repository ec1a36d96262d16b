import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

/// A client beside a scripted server; both are gone when the body returns.
func withClient(
    _ configuration: HTTPClientConfiguration = .init(), readiness: Readiness = .preferred,
    script: @escaping @Sendable (ScriptedPeer) throws -> Void,
    _ body: (ClientFixture) async throws -> Void
) async throws {
    let server = try ScriptedServer(script)
    let group = try EventLoopGroup(count: 1, readiness: readiness)
    let client = HTTPClient(configuration: configuration, group: group, resolver: Resolver())
    let fixture = ClientFixture(server: server, group: group, client: client)
    do {
        try await body(fixture)
    } catch {
        server.stop()
        await group.shutdown()
        throw error
    }
    server.stop()
    await group.shutdown()
    #expect(server.failures.isEmpty)
}

/// Waits for a condition that a healthy machine meets in milliseconds, and one that runs everything at once in seconds.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    try await waitUntil(what, timeout: .seconds(60), condition)
}

struct ClientFixture: Sendable {
    let server: ScriptedServer
    let group: EventLoopGroup
    let client: HTTPClient

    var endpoint: Endpoint { Endpoint(host: "127.0.0.1", port: server.port) }

    /// A GET of `target` with a time limit that no healthy test comes near.
    func request(_ target: ClientTarget = "/") -> ClientRequest {
        var request = ClientRequest(endpoint: endpoint, target: target)
        request.timeout = .seconds(60)
        return request
    }

    /// A POST that the client must not send twice by itself.
    func post(_ body: String = "x", to target: ClientTarget = "/") -> ClientRequest {
        var request = ClientRequest(method: .post, endpoint: endpoint, target: target, body: .bytes(Array(body.utf8)))
        request.timeout = .seconds(60)
        return request
    }

    /// The whole body of the answer as text.
    func text(_ request: ClientRequest) async throws -> String {
        String(decoding: try await client.execute(request).body.collect(), as: UTF8.self)
    }

    /// The error that `request`, or reading its answer's body, ends with; nil when there is none.
    func failure(_ request: ClientRequest) async -> HTTPClientError? { await client.failure(request) }

    /// Connections that wait in the pool.
    func idleConnections() async -> Int {
        await client.poolStates().reduce(0) { $0 + $1.idle }
    }
}

extension HTTPClient {
    /// The error that `request`, or reading its answer's body, ends with; nil when there is none.
    func failure(_ request: ClientRequest) async -> HTTPClientError? {
        do throws(HTTPClientError) {
            _ = try await execute(request).body.collect()
            return nil
        } catch {
            return error
        }
    }
}
