import Chassis
import Crypto
import HTTP
import HTTPTypes
import Logging
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// A service behind the gateway that writes down what reaches it and answers as it is told.
final class RecordingUpstream: Sendable {
    struct Received: Sendable {
        var method: String
        var target: String
        var fields: HTTPFields
        var body: [UInt8]
        var trailers: HTTPFields = [:]
    }

    typealias Answer = @Sendable (Received) async throws -> Response

    private let log = Mutex<[Received]>([])
    private let answer: Mutex<Answer>
    private let server = Mutex<HTTPServer?>(nil)
    private let group: EventLoopGroup
    private let bound = Mutex<Int>(0)

    init(group: EventLoopGroup, answer: @escaping Answer = { _ in .json(Array("{}".utf8)) }) {
        self.group = group
        self.answer = Mutex(answer)
    }

    var port: Int { bound.withLock { $0 } }
    var received: [Received] { log.withLock { $0 } }

    func answer(_ answer: @escaping Answer) { self.answer.withLock { $0 = answer } }

    /// Listens: on a port of the system's choice at first, on the same one after a ``stop()``.
    func start() async throws {
        let server = HTTPServer(group: group) { [self] request in
            var received = Received(
                method: request.method.rawValue, target: request.target, fields: request.fields,
                body: try await request.body.collect())
            received.trailers = request.body.trailers
            log.withLock { $0.append(received) }
            return try await answer.withLock { $0 }(received)
        }
        let address = try await server.start(host: "127.0.0.1", port: port)
        bound.withLock { $0 = address.port }
        self.server.withLock { $0 = server }
    }

    func stop() async {
        let server = server.withLock { server in
            defer { server = nil }
            return server
        }
        await server?.shutdown(grace: .zero)
    }
}

/// A gateway on a port of its own, in front of two recording upstreams `users` and `payments`.
struct GatewayFixture: Sendable {
    let users: RecordingUpstream
    let payments: RecordingUpstream
    let live: LiveGateway
    let environment: GatewayEnvironment
    let client: HTTPClient
    let clock: ManualWallClock
    let metrics: MetricsRegistry
    let observed: AccessNotes
    let server: HTTPServer
    let port: Int

    /// A clock that stands still, for tests of what is only believed while the feed was heard of a moment ago: on a busy
    /// machine that moment passes between two of a test's lines.
    static let stillTime: @Sendable () -> UInt64 = { 1_000_000 }

    /// Runs `body` against a gateway with this configuration; `USERS` and `PAYMENTS` in it are the upstreams' URLs.
    static func run(
        _ yaml: String = GatewayFixture.yaml, rateLimits: RateLimitMode = .on,
        monotonic: @escaping @Sendable () -> UInt64 = { CoarseClock.milliseconds() },
        server: HTTPServerConfiguration = .init(), loops: Int = 2,
        store: @escaping @Sendable (Int) -> any RateLimitStore = { RateLimiter(entries: $0) },
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
        _ body: @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: loops)
        let client = HTTPClient(group: group, resolver: Resolver())
        do {
            let fixture = try await make(yaml, rateLimits, store, logger, monotonic, server, group, client)
            try await body(fixture)
            await fixture.users.stop()
            await fixture.payments.stop()
        } catch {
            await client.shutdown()
            await group.shutdown()
            throw error
        }
        await client.shutdown()
        await group.shutdown()
    }

    private static func make(
        _ yaml: String, _ rateLimits: RateLimitMode, _ store: @escaping @Sendable (Int) -> any RateLimitStore,
        _ logger: Logger,
        _ monotonic: @escaping @Sendable () -> UInt64,
        _ serverConfiguration: HTTPServerConfiguration, _ group: EventLoopGroup, _ client: HTTPClient
    ) async throws -> GatewayFixture {
        let users = RecordingUpstream(group: group) { received in
            received.target == "/keys" ? .json(TestIssuer.keySet) : .json(Array(#"{"id":"usr_1"}"#.utf8))
        }
        let payments = RecordingUpstream(group: group)
        try await users.start()
        try await payments.start()
        let clock = ManualWallClock()
        let metrics = MetricsRegistry()
        let signer = IdentitySigner(service: "gateway", key: P256.Signing.PrivateKey(), clock: clock)
        let environment = GatewayEnvironment(
            client: client, metrics: GatewayMetrics(metrics),
            identity: { try signer.signed(for: $0, caller: $1) }, clock: clock,
            logger: logger, loopCount: group.loops.count,
            rateLimits: rateLimits,
            // Its streams have an end at once.
            liveFeed: LiveFeed(lifetime: .zero), rateLimitStore: store, monotonic: monotonic)
        let live = LiveGateway(
            Gateway(try loaded(yaml, users, payments), environment: environment), loopCount: group.loops.count)
        let observed = AccessNotes()
        let server = HTTPServer(
            configuration: serverConfiguration, group: group, observer: observed, handler: live.handle)
        let address = try await server.start(host: "127.0.0.1", port: 0)
        return GatewayFixture(
            users: users, payments: payments, live: live, environment: environment, client: client, clock: clock,
            metrics: metrics, observed: observed, server: server, port: address.port)
    }

    private static func loaded(
        _ yaml: String, _ users: RecordingUpstream, _ payments: RecordingUpstream
    ) throws -> ConfigurationSource.Loaded {
        let urls = ["USERS": "http://127.0.0.1:\(users.port)", "PAYMENTS": "http://127.0.0.1:\(payments.port)"]
        return .init(configuration: try GatewayConfiguration(parsing: yaml, environment: urls), text: yaml)
    }

    /// The gateway that new requests get.
    var gateway: Gateway { live.current }

    /// Has another configuration take over.
    func reload(_ yaml: String) throws {
        live.replace(
            by: Gateway(try Self.loaded(yaml, users, payments), environment: environment, inheriting: gateway))
    }

    /// An answer, read to its end.
    struct Answer: Sendable {
        var status: Int
        var fields: HTTPFields
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    func send(
        _ method: HTTPRequest.Method = .get, _ target: String, fields: HTTPFields = [:], token: String? = nil,
        body: [UInt8] = []
    ) async throws -> Answer {
        var request = ClientRequest(
            method: method, endpoint: Endpoint(host: "127.0.0.1", port: port), target: .text(target), fields: fields)
        request.isReplayable = false
        if let token { request.fields[.authorization] = "Bearer \(token)" }
        if !body.isEmpty { request.body = .bytes(body) }
        let answer = try await client.execute(request)
        return Answer(
            status: answer.status.code, fields: answer.fields, body: try await answer.body.collect(upTo: 64 << 20))
    }

    /// Sends a request and expects a status.
    func expect(
        _ status: Int, _ method: HTTPRequest.Method, _ target: String, token: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await send(method, target, token: token)
        #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    }

    /// A token with the scopes `users:read payments:write`, good now.
    var token: String { TestIssuer.sign(claims: TestIssuer.claims(now: clock.now)) }

    static let yaml = """
        upstreams:
          users:
            url: ${USERS}
            timeouts: { connect: 5s, per_try: 10s, total: 20s }
            retries: { attempts: 2, backoff: 1ms, maximum_backoff: 2ms }
          payments:
            url: ${PAYMENTS}
            timeouts: { connect: 5s, per_try: 10s, total: 20s }
            retries: { attempts: 2, backoff: 1ms, maximum_backoff: 2ms }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        rate_limits:
          tight: { key: address, quota: 2, window: 1h }
          mine: { key: user, quota: 2, window: 1h }
        limits: { body: 16KiB, replay_body: 4KiB }
        routes:
          - { name: open, path: /open/*, upstream: payments, auth: public, strip_prefix: /open }
          - { name: keyed, path: /keyed, methods: [POST], upstream: payments, auth: public, idempotency: key }
          - { name: me, path: /api/v1/me, methods: [GET], upstream: users, strip_prefix: /api, scopes: [users:read] }
          - { name: admin, path: /api/v1/admin, upstream: users, strip_prefix: /api, scopes: [admin] }
          - { name: closed, path: /closed, upstream: users }
          - { name: limited, path: /limited, upstream: payments, auth: public, rate_limits: [tight] }
          - { name: limited-user, path: /limited-user, upstream: users, rate_limits: [mine] }
          - { name: big, path: /big, upstream: payments, auth: public, body_limit: 64MiB }
        aggregates:
          - name: overview
            path: /overview
            timeout: 10s
            parts:
              profile: { upstream: users, path: /me, required: true }
              accounts: { upstream: payments, path: /accounts, pick: data, timeout: 10s }
        """
}

/// What the access log would be told.
final class AccessNotes: HTTPServerObserver {
    struct Note: Sendable, Equatable {
        var status: Int
        var route: String?
        var client: String?
        var caller: String?
        var upstream: String?
        var reason: String?
        var received = 0
        var sent = 0
        var isTruncated = false
    }

    private let log = Mutex<[Note]>([])
    var notes: [Note] { log.withLock { $0 } }

    func completed(_ exchange: borrowing CompletedExchange) {
        let context = exchange.context
        let note = Note(
            status: exchange.status.code, route: context.route, client: context.client, caller: context.caller,
            upstream: context.upstream, reason: context.reason, received: exchange.bytesReceived,
            sent: exchange.bytesSent, isTruncated: exchange.isTruncated)
        log.withLock { $0.append(note) }
    }
}

extension HTTPField.Name {
    static let tollgateDeadline = Self("Tollgate-Deadline")!
    static let tollgateIdentity = Self("Tollgate-Identity")!
    static let idempotencyKey = Self("Idempotency-Key")!
    static let requestID = Self("X-Request-Id")!
    static let traceParent = Self("traceparent")!
}
