import Chassis
import Crypto
import HTTP
import HTTPTypes
import Logging
import Sockets
import Synchronization
import Testing

@testable import PaymentsService

@Suite struct UserServiceDirectoryTests {
    private static let user = "usr_01jd00000000000000000bench"

    @Test("Who is meant is asked as this service, with the trace, in one query parameter")
    func asks() async throws {
        let other = try await FakeUserService { _ in .json(Array(#"{"id":"\#(Self.user)","name":"Ann"}"#.utf8)) }
        let origin = try origin()
        let found = try await other.directory.resolve(.email("ann+test&user=x@example.com"), for: origin)
        #expect(found == Self.user)
        let request = try #require(other.requests.first)
        #expect(request.target == "/internal/v1/users/resolve?email=ann%2Btest%26user%3Dx%40example.com")
        #expect(request.traceparent?.contains(origin.trace.traceIDText) == true)
        #expect(request.requestID == origin.requestID)
        let caller = try other.verifier.verify(try #require(request.identity))
        #expect(caller.issuer == "payments-service")
        #expect(caller.subject == nil)
        await other.stop()
    }

    @Test("Nobody is nil, and what is no id is not asked for")
    func nobody() async throws {
        let other = try await FakeUserService { _ in throw Problem.notFound }
        #expect(try await other.directory.resolve(.user(Self.user), for: try origin()) == nil)
        #expect(other.requests.count == 1)
        #expect(try await other.directory.resolve(.user("usr_1"), for: try origin()) == nil)
        #expect(other.requests.count == 1)
        await other.stop()
    }

    @Test(
        "Whatever else comes back is no answer: 503",
        arguments: [(500, "{}"), (401, "{}"), (200, "{}"), (200, "nonsense"), (200, #"{"id":5}"#), (302, "")])
    func failures(status: Int, body: String) async throws {
        let other = try await FakeUserService { _ in
            .json(Array(body.utf8), status: .init(code: status))
        }
        let problem = await #expect(throws: Problem.self) {
            try await other.directory.resolve(.user(Self.user), for: try origin())
        }
        #expect(problem?.status == .serviceUnavailable)
        #expect(problem?.code == "payee_lookup_unavailable")
        await other.stop()
    }

    @Test("A name comes from the same answer, and a failure is one")
    func names() async throws {
        let other = try await FakeUserService { _ in .json(Array(#"{"id":"\#(Self.user)","name":"Ann"}"#.utf8)) }
        #expect(try await other.directory.name(of: Self.user, for: try origin()) == "Ann")
        #expect(other.requests.first?.target == "/internal/v1/users/resolve?user=\(Self.user)")
        #expect(try await other.directory.name(of: "usr_1", for: try origin()) == nil)
        await other.stop()
        await #expect(throws: (any Error).self) {
            try await other.directory.name(of: Self.user, for: try origin())
        }
    }

    @Test func aServiceThatIsDownIs503() async throws {
        let other = try await FakeUserService { _ in .empty() }
        await other.stop()
        let problem = await #expect(throws: Problem.self) {
            try await other.directory.resolve(.user(Self.user), for: try origin())
        }
        #expect(problem?.code == "payee_lookup_unavailable")
        #expect(problem?.fields[.retryAfter] == "1")
    }

    private func origin() throws -> RequestOrigin {
        RequestOrigin(try Request(target: "/").context)
    }
}

@Suite struct ServiceURLTests {
    @Test(
        "Host and port",
        arguments: [
            ("http://user-service:8080", "user-service", 8080), ("http://127.0.0.1:8081/", "127.0.0.1", 8081),
            ("http://users", "users", 80), ("http://[::1]:8081", "::1", 8081), ("http://[::1]", "::1", 80),
        ])
    func accepted(url: String, host: String, port: Int) throws {
        let endpoint = try Endpoint(url: url, setting: "USER_SERVICE_URL")
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
    }

    @Test(
        "Anything else is one line that names the setting",
        arguments: [
            "", "users:80", "https://users", "http://", "http://u:0", "http://u:x", "http://u:65536", "http://u/p",
        ])
    func refused(url: String) {
        let error = #expect(throws: SettingsError.self) { try Endpoint(url: url, setting: "USER_SERVICE_URL") }
        #expect(error?.key == "USER_SERVICE_URL")
    }
}

/// A server in user-service's place, and a directory that asks it.
private final class FakeUserService: Sendable {
    struct Seen: Sendable {
        let target: String
        let identity: String?
        let traceparent: String?
        let requestID: String?
    }

    let directory: UserServiceDirectory
    /// As user-service would verify who calls.
    let verifier: IdentityVerifier
    private let group: EventLoopGroup
    private let server: HTTPServer
    private let seen: Log

    private final class Log: Sendable {
        let requests = Mutex<[Seen]>([])
    }

    init(_ answer: @escaping Handler) async throws {
        let seen = Log()
        let group = try EventLoopGroup(count: 1)
        let server = HTTPServer(group: group) { request in
            seen.requests.withLock { $0.append(Seen(request)) }
            return try await answer(request)
        }
        let address = try await server.start(host: "127.0.0.1", port: 0)
        let key = P256.Signing.PrivateKey()
        let peer = IdentityPeerKey(service: "payments-service", key: key.publicKey)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        self.seen = seen
        self.group = group
        self.server = server
        verifier = IdentityVerifier(audience: "user-service", peers: [IdentityKeys.keyID(key.publicKey): peer])
        directory = UserServiceDirectory(
            client: HTTPClient(group: group, resolver: Resolver()),
            endpoint: Endpoint(host: "127.0.0.1", port: address.port),
            signer: IdentitySigner(service: "payments-service", key: key), logger: logger)
    }

    var requests: [Seen] { seen.requests.withLock { $0 } }

    func stop() async { await server.shutdown(grace: .zero) }

    deinit {
        let group = group
        Task { await group.shutdown() }
    }
}

extension FakeUserService.Seen {
    fileprivate init(_ request: Request) {
        self.init(
            target: request.target, identity: request.field(.init(IdentitySigner.fieldName)!),
            traceparent: request.field(.init("traceparent")!), requestID: request.field(.init("X-Request-Id")!))
    }
}
