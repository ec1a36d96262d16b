import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import TollgateTool

/// What a client is told, and what the log is told, when a service fails behind the gateway or the gateway refuses.
@Suite(.serialized) struct FailureTests {
    /// The built-in configuration with these lines changed, each of which must be there.
    private func running(
        _ changes: [(String, String)], environment: [String: String] = ["RATE_LIMITS": "off"]
    ) async throws -> DirectSystem {
        var text = try String(contentsOfFile: "\(Programs.root)/config/gateway.yaml", encoding: .utf8)
        for (old, new) in changes {
            try #require(text.contains(old), "\(old) is not in config/gateway.yaml any more")
            text = text.replacing(old, with: new)
        }
        let directory = try TemporaryDirectory()
        let file = try directory.write(text, to: "gateway.yaml")
        return try await DirectSystem(
            environment: environment.merging(["GATEWAY_CONFIG": file]) { $1 }, keeping: directory)
    }

    private static let impatience = [
        // Of payments-service alone: a password takes user-service its time on a busy machine.
        (
            "8082}\n    timeouts: { connect: 1s, per_try: 10s, total: 20s }",
            "8082}\n    timeouts: { connect: 1s, per_try: 2s, total: 3s }"
        ),
        ("waiting: { capacity: 1000, time: 15s }", "waiting: { capacity: 1000, time: 300ms }"),
    ]

    // MARK: - A service fails

    @Test(.timeLimit(.minutes(2))) func aServiceThatIsGoneOrHangs() async throws {
        let system = try await running(Self.impatience)
        let ada = try await Person(system.api)
        let list = "/api/v1/accounts"
        #expect(try await system.api.send(.get, list, token: ada.token).status == 200)

        // It hangs: the time is over.
        system.signal("payments-service", SIGSTOP)
        // The signal is sent, not obeyed yet: one of its threads may still answer.
        var late = try await system.api.send(.get, list, token: ada.token)
        while late.status == 200 { late = try await system.api.send(.get, list, token: ada.token) }
        try await expectFailure(late, 504, "gateway_timeout", reason: "deadline", system)

        // It dies with a request that may not be sent twice.
        let lost = Task { try await system.api.send(.post, list, ["currency": "USD"], token: ada.token) }
        try await waitUntil("the request is on its way") { try await inFlight(system) > 0 }
        await system.stop("payments-service", with: SIGKILL)
        try await expectFailure(try await lost.value, 502, "bad_gateway", reason: "closed", system)

        // It is gone: nobody listens.
        let refused = try await system.api.send(.get, list, token: ada.token)
        let address = "127.0.0.1:\(try #require(system.plans["payments-service"]).port)"
        try await expectFailure(refused, 503, "upstream_unavailable", reason: address, system)
        #expect(refused.field("Retry-After").flatMap { Int($0) } ?? 0 >= 1)

        // What does not need it is served, and says what is missing.
        let partial = try await system.api.send(.get, "/api/v1/overview", token: ada.token)
        #expect(partial.status == 200)
        #expect(partial.field("Tollgate-Completeness") == "partial")
        #expect(partial.body["profile"]?["id"] == .string(ada.id))
        #expect(!partial.text.contains("payments-service") && !partial.text.contains("127.0.0.1"))

        // The gateway itself is ready all the while, whoever else is not.
        await system.stop("user-service")
        let admin = APIClient(port: system.port + 1_000)
        #expect(try await admin.send(.get, "/readyz").status == 200)
        let required = try await system.api.send(.get, "/api/v1/overview", token: ada.token)
        #expect(required.status == 503, "\(required.body)")
        #expect(try await admin.send(.get, "/readyz?verbose").status == 200)

        // And it serves again what comes back.
        try await system.start("user-service")
        try await system.start("payments-service")
        try await waitUntil("everything is there again", timeout: .seconds(60)) {
            try await system.api.send(.get, "/api/v1/overview", token: ada.token)
                .field("Tollgate-Completeness") == "complete"
        }
        await system.stopAll()
    }

    /// Requests on their way to payments-service.
    private func inFlight(_ system: DirectSystem) async throws -> Int64 {
        let upstreams = try await APIClient(port: system.port + 1_000).send(.get, "/upstreams").body["upstreams"]?.array
        let payments = upstreams?.first { $0["name"] == "payments-service" }
        return payments?["addresses"]?.array?.compactMap { $0["in_flight"]?.integer }.reduce(0, +) ?? 0
    }

    // MARK: - The gateway refuses

    @Test func limitsAndScopes() async throws {
        let system = try await running(
            [
                (
                    "credentials: { key: address, quota: 30, window: 1m }",
                    "credentials: { key: address, quota: 5, window: 1h }"
                )
            ],
            environment: [:])
        let ada = try await Person(system.api)
        let key = try await system.api.send(
            .post, "/api/v1/api-keys", ["name": "reader", "scopes": .array([.string("accounts:read")])],
            token: ada.token)
        let secret = try #require(key.body["secret"]?.string)
        let forbidden = try await system.api.send(
            .post, "/api/v1/accounts", ["currency": "USD"], fields: ["X-API-Key": secret])
        #expect(forbidden.status == 403)
        #expect(forbidden.code == "insufficient_scope")
        let line = try await accessLine(of: forbidden, system)
        #expect(line["reason"] == "insufficient_scope")
        #expect(line["caller"] == .string(ada.id))

        var answers: [APIClient.Answer] = []
        for _ in 0..<6 { answers.append(try await system.api.send(.post, "/api/v1/sessions", [:])) }
        let limited = try #require(answers.last)
        #expect(answers.first?.status != 429)
        #expect(limited.status == 429)
        #expect(limited.code == "rate_limited")
        let wait = try #require(limited.field("Retry-After").flatMap { Int($0) })
        #expect((1...3_600).contains(wait))
        #expect(limited.field("RateLimit")?.contains("r=0") == true, "\(limited.fields)")
        #expect(limited.field("RateLimit-Policy")?.contains("q=5") == true, "\(limited.fields)")
        #expect(try await accessLine(of: limited, system)["status"] == 429)
        // Other routes have limits of their own.
        #expect(try await system.api.send(.get, "/api/v1/users/me", token: ada.token).status == 200)
        await system.stopAll()
    }

    // MARK: - What the log says

    private func expectFailure(
        _ answer: APIClient.Answer, _ status: Int, _ code: String, reason: String, _ system: DirectSystem,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(answer.status == status, "\(answer.body)", sourceLocation: sourceLocation)
        #expect(answer.code == code, sourceLocation: sourceLocation)
        #expect(answer.field("Content-Type") == "application/problem+json", sourceLocation: sourceLocation)
        let line = try await accessLine(of: answer, system)
        #expect(line["upstream"] == "payments-service", "\(line)", sourceLocation: sourceLocation)
        #expect(line["status"]?.integer == Int64(status), "\(line)", sourceLocation: sourceLocation)
        let logged = line["reason"]?.string ?? ""
        #expect(logged.contains(reason), "\(line)", sourceLocation: sourceLocation)
        for word in ["payments-service", "127.0.0.1", logged] {
            #expect(!answer.text.contains(word), "\(answer.body)", sourceLocation: sourceLocation)
        }
    }

    /// The gateway's line about the request, found by the id that the client was told.
    private func accessLine(of answer: APIClient.Answer, _ system: DirectSystem) async throws -> JSONValue {
        let id = try #require(answer.field("X-Request-Id"))
        var line: JSONValue?
        try await waitUntil("the access line is written") {
            line = system.output("gateway").split(separator: "\n").lazy
                .filter { $0.contains("\"request_id\":\"\(id)\"") }
                .compactMap { try? JSONValue(parsing: Array($0.utf8)) }.first { $0["status"] != nil }
            return line != nil
        }
        return line ?? .null
    }
}
