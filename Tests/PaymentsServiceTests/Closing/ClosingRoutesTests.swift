import Chassis
import Crypto
import HTTP
import HTTPTypes
import JSON
import Logging
import Testing

@testable import PaymentsService

@Suite struct ClosingRoutesTests {
    private static let user = "usr_0123456789abcdefghjkmnpqrs"

    @Test func closesOnceAndForAll() async throws {
        let service = try await ServiceFixture()
        let account = try await service.bank.account(of: Self.user, holding: 5)
        let target = "/internal/v1/users/\(Self.user)/close"
        let full = try await service.send(.post, target, as: nil)
        #expect((full.status, full.code) == (409, "money_left"))
        let other = try await service.bank.account(of: "bob")
        _ = try await service.bank.store.pay(
            PaymentOrder(from: account, to: other, 5), to: .account(other),
            for: service.bank.request(by: Self.user, "out"))
        for _ in 1...2 {
            let closed = try await service.send(.post, target, as: nil)
            #expect(closed.status == 200)
            #expect(try closed.json["accounts"]?.integer == 1)
        }
        let shown = try await service.send(.get, "/v1/accounts/\(account)", as: Self.user).json
        #expect(shown["status"]?.string == "closed")
        #expect(shown["closed_at"]?.string == "2023-11-14T22:13:20.000Z")
        let refused = try await service.post("/v1/accounts", as: Self.user, #"{"currency":"USD"}"#)
        #expect((refused.status, refused.code) == (409, "account_closed"))
    }

    @Test func whatIsNoUserIsNotThere() async throws {
        let service = try await ServiceFixture()
        #expect(try await service.send(.post, "/internal/v1/users/ann/close", as: nil).status == 404)
        #expect(try await service.bank.count("closed_users") == 0)
    }

    @Test("Each route hears only the service that it names")
    func callers() async throws {
        let bank = try await StoreFixture()
        let pairs = ["gateway", "user-service", "stranger"].map { ($0, P256.Signing.PrivateKey()) }
        let peers = pairs.map { (IdentityKeys.keyID($1.publicKey), IdentityPeerKey(service: $0, key: $1.publicKey)) }
        let verifier = IdentityVerifier(
            audience: "payments-service", peers: Dictionary(uniqueKeysWithValues: peers), clock: bank.clock)
        let saga = ProcessorSaga(store: bank.store, processor: ScriptedProcessor(.succeeded))
        let handler = PaymentsAPI(
            store: bank.store, saga: saga, payees: StubDirectory(),
            names: OwnerNames(directory: StubDirectory(), clock: bank.clock),
            callbacks: CallbackRoutes(
                store: bank.store, secrets: CallbackSecrets(nil), logger: Logger(label: "callbacks")),
            revocations: RevocationGuard(revocations: Revocations { 0 }, metrics: FeedMetrics(MetricsRegistry())),
            streams: EventStreams(EventStreamLimits()),
            webhooks: Webhooks(
                policy: WebhookPolicy(), secrets: try #require(WebhookSecrets(String(repeating: "k", count: 32))),
                relay: bank.relay(ScriptedSender()))
        ).router(
            behind: IdentityMiddleware(verifier: verifier, allowedIssuers: ["gateway"]),
            userService: IdentityMiddleware(verifier: verifier, allowedIssuers: ["user-service"])
        ).handler
        for (service, key) in pairs {
            let caller = CallerIdentity(issuer: service, subject: Self.user, scopes: ["accounts:read"])
            let token = try IdentitySigner(service: service, key: key, clock: bank.clock)
                .token(for: "payments-service", caller: caller)
            func status(_ method: HTTPRequest.Method, _ target: String) async throws -> Int {
                var fields: HTTPFields = [:]
                fields[.init(IdentitySigner.fieldName)!] = token
                do {
                    return try await handler(try Request(method: method, target: target, fields: fields)).status.code
                } catch {
                    return Problem(answering: error).status.code
                }
            }
            let close = try await status(.post, "/internal/v1/users/\(Self.user)/close")
            #expect(close == (service == "user-service" ? 200 : 401), "\(service)")
            let export = try await status(.get, "/internal/v1/users/\(Self.user)/export")
            #expect(export == (service == "user-service" ? 200 : 401), "\(service)")
            #expect(try await status(.get, "/v1/accounts") == (service == "gateway" ? 200 : 401), "\(service)")
        }
    }
}
