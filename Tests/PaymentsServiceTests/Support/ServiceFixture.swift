import Chassis
import HTTP
import HTTPTypes
import JSON
import Logging
import PowerLoss
import Storage
import Synchronization
import TestSupport
import Testing

@testable import PaymentsService

/// The routes over a store of their own, without sockets; the caller is set as the identity middleware would.
struct ServiceFixture: Sendable {
    let bank: StoreFixture
    var metrics: MetricsRegistry { bank.metrics }
    let payees: StubDirectory
    let sandbox: SandboxProcessor
    let saga: ProcessorSaga
    let revocations: Revocations
    let streams: EventStreams
    /// What was sent to webhook endpoints, while the relay runs.
    let receivers = ScriptedSender()
    let webhooks: Webhooks
    private let handler: Handler

    init(
        processor: (any Processor)? = nil, streamLimits: EventStreamLimits = .init(),
        settings: [String: String] = ["WEBHOOK_ALLOW_HTTP": "on"], on disk: Disk? = nil
    ) async throws {
        bank = try await StoreFixture(on: disk)
        payees = StubDirectory()
        sandbox = try await bank.sandbox()
        saga = ProcessorSaga(store: bank.store, processor: processor ?? sandbox)
        let revocations = Revocations { 0 }
        self.revocations = revocations
        streams = EventStreams(streamLimits)
        webhooks = Webhooks(
            policy: try WebhookPolicy(Settings(settings)),
            secrets: try #require(WebhookSecrets(String(repeating: "k", count: 32))), relay: bank.relay(receivers))
        handler =
            PaymentsAPI(
                store: bank.store, saga: saga, payees: payees,
                names: OwnerNames(directory: payees, clock: bank.clock),
                callbacks: CallbackRoutes(
                    store: bank.store, secrets: CallbackSecrets(SecretSource(value: Self.callbackText)),
                    logger: Logger(label: "callbacks")),
                revocations: RevocationGuard(revocations: revocations, metrics: FeedMetrics(MetricsRegistry())),
                streams: streams, webhooks: webhooks
            )
            .router(behind: StubIdentity(), userService: StubIdentity("user-service")).handler
    }

    /// Sends a request as `user` with `scopes`, as the server would render its outcome.
    func send(
        _ method: HTTPRequest.Method, _ target: String, as user: String? = "ann", scopes: String = allScopes,
        session: String? = nil, apiKey: String? = nil, roles: String = "", key: String? = nil,
        type: String? = "application/json", body: String? = nil, compressed: String? = nil, fields: HTTPFields = [:]
    ) async throws -> Answer {
        try await Answer(
            try await respond(
                method, target, as: user, scopes: scopes, session: session, apiKey: apiKey, roles: roles, key: key,
                type: type, body: body, compressed: compressed, fields: fields))
    }

    /// What `send` reads, with the body still to be read.
    func respond(
        _ method: HTTPRequest.Method, _ target: String, as user: String? = "ann", scopes: String = allScopes,
        session: String? = nil, apiKey: String? = nil, roles: String = "", key: String? = nil,
        type: String? = "application/json", body: String? = nil, compressed: String? = nil, fields: HTTPFields = [:]
    ) async throws -> Response {
        var fields = fields
        fields[.init("Stub-Roles")!] = roles
        fields[.init("Stub-User")!] = user
        fields[.init("Stub-Scopes")!] = scopes
        fields[.init("Stub-Session")!] = session
        fields[.init("Stub-Key")!] = apiKey
        fields[.init("Idempotency-Key")!] = key
        if body != nil || compressed != nil { fields[.contentType] = type }
        if compressed != nil { fields[.contentEncoding] = "gzip" }
        let bytes = try compressed.map(Self.gzip) ?? Array((body ?? "").utf8)
        let request = try Request(method: method, target: target, fields: fields, body: bytes)
        do {
            return try await handler(request)
        } catch {
            return Problem(answering: error).response(instance: "request", traceID: "trace")
        }
    }

    /// The secrets of callbacks, the one in use first.
    static let callbackSecrets = ["n", "o"].map { Secret(String(repeating: $0, count: 32)) }
    private static let callbackText = callbackSecrets.map(\.exposed).joined(separator: "\n")

    /// A callback as the processor signs and the gateway forwards it.
    func receive(_ callback: ProcessorCallback) async throws -> Answer { try await receive(callback.json) }

    func receive(_ body: [UInt8], type: String? = "application/json") async throws -> Answer {
        let signature = CallbackSignature(body, secret: Self.callbackSecrets[0], at: bank.clock.now).text
        return try await receive(body, signature: signature, type: type)
    }

    func receive(
        _ body: [UInt8], signature: String?, type: String? = "application/json"
    ) async throws -> Answer {
        var fields: HTTPFields = [:]
        fields[.init("Processor-Signature")!] = signature
        return try await send(
            .post, "/v1/processor/callbacks", as: nil, scopes: "", type: type,
            body: String(decoding: body, as: UTF8.self), fields: fields)
    }

    func post(_ target: String, as user: String = "ann", key: String? = nil, _ body: String) async throws -> Answer {
        try await send(.post, target, as: user, key: key, body: body)
    }

    private static func gzip(_ text: String) throws -> [UInt8] {
        var answer = Response.json(Array(text.utf8))
        let asker = try Request(target: "/", fields: [.acceptEncoding: "gzip"])
        try #require(try Compression(minimumLength: 1).apply(to: &answer, for: asker))
        guard case .bytes(let bytes) = answer.body else { throw Unexpected(answer.body) }
        return bytes
    }

    static let allScopes = "accounts:read accounts:write payments:read payments:write"
}

/// An answer with its body read.
struct Answer: Sendable {
    let status: Int
    let fields: HTTPFields
    let bytes: [UInt8]

    init(_ response: Response) async throws {
        status = response.status.code
        fields = response.fields
        switch response.body {
        case .bytes(let bytes): self.bytes = bytes
        case .stream(_, let write):
            let sink = CollectingSink()
            try await write(BodyWriter(sink))
            bytes = sink.bytes
        case .empty, .tunnel: bytes = []
        }
    }

    var json: JSONValue { get throws { try JSONValue(parsing: bytes) } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var code: String? { try? json["code"]?.string }
    var isReplay: Bool { fields[.init("Idempotent-Replayed")!] == "true" }
}

/// Takes the caller from a few fields, as if the service had signed them that is let in.
struct StubIdentity: Middleware {
    let issuer: String

    init(_ issuer: String = "gateway") { self.issuer = issuer }

    func handle(_ request: Request, next: Handler) async throws -> Response {
        let scopes = request.field(.init("Stub-Scopes")!)?.split(separator: " ").map(String.init) ?? []
        request.context.value = CallerIdentity(
            issuer: issuer, subject: request.field(.init("Stub-User")!),
            sessionID: request.field(.init("Stub-Session")!), keyID: request.field(.init("Stub-Key")!),
            scopes: Set(scopes),
            roles: request.field(.init("Stub-Roles")!)?.split(separator: " ").map(String.init) ?? [])
        return try await next(request)
    }
}

/// A user-service of two people, which can be switched off.
final class StubDirectory: PayeeDirectory, OwnerDirectory {
    private let isDown = Mutex(false)
    /// Whose names were asked for.
    let askedNames = Collected<String>()

    func name(of user: String, for origin: RequestOrigin) async throws -> String? {
        askedNames.append(user)
        if isDown.withLock({ $0 }) { throw Unexpected("down") }
        return ["ann": "Ann", "bob": "Bob"][user]
    }

    func setDown(_ down: Bool) { isDown.withLock { $0 = down } }

    func resolve(_ payee: PayeeQuery, for origin: RequestOrigin) async throws -> String? {
        if isDown.withLock({ $0 }) { throw Problem(.serviceUnavailable, "payee_lookup_unavailable") }
        switch payee {
        case .user(let id): return ["ann", "bob"].contains(id) ? id : nil
        case .email(let address): return ["ann@example.com": "ann", "bob@example.com": "bob"][address]
        }
    }
}
