import Crypto
import Foundation
import HTTP
import HTTPTypes
import JSON
import Sockets
import Synchronization
import TestSupport
import Testing

/// Webhooks from real processes to a receiver here, across a crash.
@Suite struct WebhookTests {
    @Test func deliveriesAreSignedAndSurviveACrash() async throws {
        let receiver = try await Receiver()
        let system = try await RunningSystem(environment: [
            "RATE_LIMITS": "off", "WEBHOOK_ALLOW_HTTP": "on", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        ])
        let ada = try await Person(system.api)
        let (purse, other) = (try await ada.openAccount(), try await ada.openAccount())
        let made = try await system.api.send(
            .post, "/api/v1/webhook-endpoints", ["url": .string("http://127.0.0.1:\(receiver.port)/hook")],
            token: ada.token)
        #expect(made.status == 201, "\(made.body)")
        let endpoint = try #require(made.body["id"]?.string)
        let secret = try #require(made.body["secret"]?.string)
        try await ada.deposit(1_000, to: purse)
        try await waitUntil("the deposit is delivered", timeout: .seconds(60)) { receiver.accepted.count == 1 }
        let first = receiver.accepted[0]
        #expect(first.json["type"] == "deposit.succeeded")
        #expect(first.isSigned(with: secret))
        #expect(!first.isSigned(with: secret + "x"))

        // Nothing arrives while the process is killed and comes back.
        receiver.refuse(true)
        let paid = try await ada.pay(250, from: purse, to: other, key: "hook")
        #expect(paid.status == 201)
        try await waitUntil("the payment was tried", timeout: .seconds(60)) { receiver.refusals > 0 }
        let process = try #require(try await system.processes(of: "payments-service").first)
        kill(process, SIGKILL)
        receiver.refuse(false)
        try await waitUntil("the payment is delivered", timeout: .seconds(90)) { receiver.accepted.count >= 2 }
        let second = try #require(receiver.accepted.last)
        #expect(second.json["type"] == "payment.succeeded")
        #expect(second.json["data"] == paid.body)
        #expect(second.isSigned(with: secret))
        try await waitUntil("it is written down", timeout: .seconds(60)) {
            let log = try await system.api.send(
                .get, "/api/v1/webhook-endpoints/\(endpoint)/deliveries?status=delivered", token: ada.token)
            return log.body["data"]?.array?.count == 2
        }
        #expect(await system.stop() == 0)
        await receiver.stop()
    }
}

/// A receiver of webhooks.
private final class Receiver: Sendable {
    struct Accepted: Sendable {
        let json: JSONValue
        let body: [UInt8]
        let signature: String

        /// As docs/webhooks.md says it.
        func isSigned(with secret: String) -> Bool {
            let parts = signature.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
            guard let time = parts.first?.last, parts.first?.first == "t", let seconds = Double(time),
                abs(seconds - Date().timeIntervalSince1970) < 300
            else { return false }
            let code = HMAC<SHA256>.authenticationCode(
                for: Array("\(time).".utf8) + body, using: SymmetricKey(data: Array(secret.utf8)))
            let hex = code.map { String(format: "%02x", $0) }.joined()
            return parts.dropFirst().contains { $0 == ["v1", hex] }
        }
    }

    private struct State {
        var accepted: [Accepted] = []
        var refuses = false
        var refusals = 0
    }

    private let state: Shared
    private let group: EventLoopGroup
    private let server: HTTPServer
    let port: Int

    private final class Shared: Sendable {
        let value = Mutex(State())
    }

    init() async throws {
        let state = Shared()
        group = try EventLoopGroup(count: 1)
        server = HTTPServer(group: group) { request in
            let body = try await request.body.collect()
            let accepted = Accepted(
                json: try JSONValue(parsing: body), body: body,
                signature: request.field(HTTPField.Name("Tollgate-Signature")!) ?? "")
            return state.value.withLock { state in
                guard !state.refuses else {
                    state.refusals += 1
                    return .empty(.serviceUnavailable)
                }
                state.accepted.append(accepted)
                return .empty(.noContent)
            }
        }
        port = try await server.start(host: "127.0.0.1", port: 0).port
        self.state = state
    }

    var accepted: [Accepted] { state.value.withLock { $0.accepted } }
    var refusals: Int { state.value.withLock { $0.refusals } }
    func refuse(_ refuses: Bool) { state.value.withLock { $0.refuses = refuses } }

    func stop() async {
        await server.shutdown(grace: .zero)
        await group.shutdown()
    }
}
