import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

/// One server that the same client reaches both ways: at `inside` without a socket, at `outside` through one.
struct InProcessFixture: Sendable {
    static let address = SocketAddress.loopback(port: 1)

    let group: EventLoopGroup
    let network: InProcessNetwork
    let server: HTTPServer
    let client: HTTPClient
    let log: ExchangeLog
    let inside = Endpoint(host: "127.0.0.1", port: 1)
    let outside: Endpoint

    /// A request for the server in this process, with a time limit that no healthy test comes near.
    func request(
        _ method: HTTPRequest.Method = .get, _ target: ClientTarget = "/", body: ClientRequestBody = .empty
    ) -> ClientRequest {
        var request = ClientRequest(method: method, endpoint: inside, target: target, body: body)
        request.timeout = .seconds(60)
        return request
    }

    /// The error that `request`, or reading its answer's body, ends with; nil when there is none.
    func failure(_ request: ClientRequest) async -> HTTPClientError? { await client.failure(request) }

    /// Runs on the loop, as handlers do.
    func onLoop<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
        try await group.loops[0].run(body)
    }
}

/// Runs `body` beside a server that listens both ways.
func withInProcessServer(
    _ configuration: HTTPClientConfiguration = .init(), handler: @escaping Handler = testHandler,
    _ body: (InProcessFixture) async throws -> Void
) async throws {
    let group = try EventLoopGroup(count: 1)
    let network = InProcessNetwork(group: group, addresses: [InProcessFixture.address])
    let log = ExchangeLog()
    let server = HTTPServer(group: group, observer: log, handler: handler)
    let client = HTTPClient(configuration: configuration, group: group, resolver: Resolver(), network: network)
    let outcome: Result<Void, any Error>
    do {
        try server.start(in: network, at: InProcessFixture.address)
        let address = try await server.start(host: "127.0.0.1", port: 0)
        try await body(
            InProcessFixture(
                group: group, network: network, server: server, client: client, log: log,
                outside: Endpoint(host: "127.0.0.1", port: address.port)))
        outcome = .success(())
    } catch {
        outcome = .failure(error)
    }
    await server.shutdown(grace: .zero)
    await client.shutdown()
    await group.shutdown()
    try outcome.get()
}

/// A switch that handlers wait at until a test opens it. It ends the wait of a cancelled task, as a good handler does.
final class Door: Sendable {
    private let isOpen = Locked(false)
    private let waiting = Locked(0)
    private let cancelled = Locked(0)

    /// How many wait, and how many were cancelled while they did.
    var waiters: Int { waiting.withLock { $0 } }
    var cancellations: Int { cancelled.withLock { $0 } }

    func open() { isOpen.withLock { $0 = true } }

    func pass() async throws {
        waiting.withLock { $0 += 1 }
        defer { waiting.withLock { $0 -= 1 } }
        do {
            while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        } catch {
            cancelled.withLock { $0 += 1 }
            throw error
        }
    }
}

/// A body of equal pieces that counts how many were asked for.
final class CountedBody: RequestBodySource {
    private let pieces: Int
    private let size: Int
    private let failsAt: Int?
    private let given = Locked(0)
    let knownLength: Int?
    var limit: Int {
        get { .max }
        set {}
    }
    var trailers: HTTPFields { [:] }

    init(pieces: Int, of size: Int, isSized: Bool = false, failsAt: Int? = nil) {
        self.pieces = pieces
        self.size = size
        self.failsAt = failsAt
        knownLength = isSized ? pieces * size : nil
    }

    /// Pieces that were asked for.
    var asked: Int { given.withLock { $0 } }

    func next() async throws -> [UInt8]? {
        let number = given.withLock { given in
            given += 1
            return given
        }
        if number == failsAt { throw UnexpectedError() }
        return number > pieces ? nil : [UInt8](repeating: 0x61, count: size)
    }
}
