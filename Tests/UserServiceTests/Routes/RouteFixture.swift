import Chassis
import Crypto
import HTTP
import HTTPTypes
import JSON
import Logging
import Synchronization
import Testing

@testable import UserService

/// The whole router over a real database, called without sockets, with keys of its own for gateway and payments-service.
final class RouteFixture: Sendable {
    /// An answer as a client would see it.
    struct Answer: Sendable {
        let status: Int
        let fields: HTTPFields
        let bytes: [UInt8]

        var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
        var code: String? { json["code"]?.string }
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// A user with an open session.
    struct Login: Sendable {
        let userID: String
        let sessionID: String
        let accessToken: String
        let refreshToken: String
    }

    static let password = "correct horse battery"

    let store: StoreFixture
    let rotator: KeyRotator
    let log = LineCollector()
    let payments = StubPayments()
    let mailbox = CollectingSender()
    /// What users and sessions are written to: the store's database, with a place to step in.
    let interleaved: InterleavedDatabase
    private let signers: [String: IdentitySigner]
    private let handler: Handler

    /// Nothing is limited unless a test asks for it: there is but one address.
    init(
        cost: ScryptCost = ScryptCost(logN: 4, r: 8, p: 1), longestWait: Duration = .seconds(60),
        verification: EmailVerification = .off, limits: AttemptGuard.Mode = .off
    ) async throws {
        store = try await StoreFixture()
        rotator = try await store.keyRotator()
        let (clock, pairs) = (
            store.clock, ["gateway", "payments-service", "stranger"].map { ($0, P256.Signing.PrivateKey()) }
        )
        signers = Dictionary(
            uniqueKeysWithValues: pairs.map { ($0, IdentitySigner(service: $0, key: $1, clock: clock)) })
        let peers = pairs.map { (IdentityKeys.keyID($1.publicKey), IdentityPeerKey(service: $0, key: $1.publicKey)) }
        let log = log
        interleaved = InterleavedDatabase(store.database)
        handler =
            UserServiceRoutes(
                users: UserStore(database: interleaved, clock: clock, identifiers: store.identifiers),
                sessions: SessionStore(
                    database: interleaved, clock: clock, identifiers: store.identifiers, policy: store.policy),
                keyStore: APIKeyStore(database: interleaved, clock: clock, identifiers: store.identifiers),
                hasher: PasswordHasher(cost: cost, width: 1, longestWait: longestWait), rotator: rotator,
                issuer: AccessTokenIssuer(
                    issuer: "tollgate", audience: "tollgate-api", policy: store.policy,
                    identifiers: store.identifiers, ring: rotator.ring),
                verifier: IdentityVerifier(
                    audience: UserService.name, peers: Dictionary(uniqueKeysWithValues: peers), clock: clock),
                payments: payments,
                credentials: CredentialParts(
                    verification: verification, mode: limits, database: store.database, clock: clock,
                    identifiers: store.identifiers, key: store.credentialKey,
                    now: { UInt64(clock.now) * 1_000_000 }),
                logger: Logger(label: "test") { _ in log }
            ).router.handler
    }

    /// The keys of now.
    var keys: SigningKeyRing.Snapshot { rotator.ring.current }

    /// An identity token of `issuer` for this service.
    func identity(
        _ issuer: String = "gateway", audience: String = UserService.name, user: String? = nil, session: String? = nil,
        key: String? = nil, scopes: [String] = AccessTokenIssuer.scopes, roles: [String] = []
    ) throws -> String {
        let caller = CallerIdentity(
            issuer: issuer, subject: user, sessionID: session, keyID: key, scopes: user == nil ? [] : Set(scopes),
            roles: roles)
        return try #require(signers[issuer]).token(for: audience, caller: caller)
    }

    /// Sends a request as the gateway does, for `login` where there is one.
    func send(
        _ method: HTTPRequest.Method, _ target: String, _ body: String? = nil, as login: Login? = nil,
        fields: HTTPFields = [:]
    ) async throws -> Answer {
        let identity = try identity(user: login?.userID, session: login?.sessionID)
        return try await send(method, target, body, identity: identity, fields: fields)
    }

    /// Sends a request with any identity, or none.
    func send(
        _ method: HTTPRequest.Method, _ target: String, _ body: String? = nil, identity: String?,
        fields: HTTPFields = [:]
    ) async throws -> Answer {
        var fields = fields
        let name = try #require(HTTPField.Name(IdentitySigner.fieldName))
        if let identity { fields[name] = identity }
        if body != nil, fields[.contentType] == nil { fields[.contentType] = "application/json" }
        let request = try Request(method: method, target: target, fields: fields, body: Array((body ?? "").utf8))
        do {
            return try await answer(try await handler(request))
        } catch {
            if !(error is Problem), Problem(answering: error).status == .internalServerError {
                Issue.record("500 for \(error)")
            }
            return try await answer(Problem(answering: error).response(instance: "request", traceID: "trace"))
        }
    }

    private func answer(_ response: Response) async throws -> Answer {
        let bytes: [UInt8]
        switch response.body {
        case .empty, .tunnel: bytes = []
        case .bytes(let whole): bytes = whole
        case .stream(_, let produce):
            let sink = CollectingSink()
            try await produce(BodyWriter(sink))
            bytes = sink.bytes
        }
        return Answer(status: response.status.code, fields: response.fields, bytes: bytes)
    }

    /// Signs a user up and logs in.
    func logIn(_ email: String = "ada@example.com") async throws -> Login {
        let user = try await send(
            .post, "/v1/users", #"{"email":"\#(email)","password":"\#(Self.password)","name":"Ada"}"#)
        let session = try await send(
            .post, "/v1/sessions", #"{"email":"\#(email)","password":"\#(Self.password)"}"#)
        try #require(user.status == 201 && session.status == 201)
        let token = try #require(session.json["access_token"]?.string)
        return Login(
            userID: try #require(user.json["id"]?.string), sessionID: try #require(claims(of: token)["sid"]?.string),
            accessToken: token, refreshToken: try #require(session.json["refresh_token"]?.string))
    }

    /// Sends what waits in the outbox.
    /// - Returns: Everything that was sent so far.
    func deliver() async throws -> [MailMessage] {
        let log = log
        let relay = MailRelay(
            outbox: store.outbox, sender: mailbox, composer: MailFixture.composer(store.credentialKey),
            metrics: MailMetrics(MetricsRegistry()), logger: Logger(label: "test") { _ in log })
        while await relay.sendDue() > 0 {}
        return mailbox.messages
    }

    /// The token in the latest mail: the last one that was made, since those that wait together are sent at once and
    /// arrive in any order.
    func token() async throws -> String {
        let text = try #require(try await deliver().max { $0.id < $1.id }).text
        let line = text.split(separator: "\n").first { $0.hasPrefix("Token: ") }
        return String(try #require(line).dropFirst(7))
    }

    /// Exchanges a refresh token.
    func refresh(_ token: String) async throws -> Answer {
        try await send(.post, "/v1/tokens/refresh", #"{"refresh_token":"\#(token)"}"#)
    }

    /// The claims of a token, unverified.
    func claims(of token: String) throws -> JSONValue {
        let parts = token.split(separator: ".")
        return try JSONValue(parsing: try #require(Base64URL.decode(String(parts[1]))))
    }
}

/// Collects what is logged.
final class LineCollector: LogHandler, Sendable {
    private let collected = Mutex<[String]>([])

    var lines: [String] { collected.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        collected.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
