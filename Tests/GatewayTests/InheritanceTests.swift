import Chassis
import HTTP
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

/// What a reload keeps: all that was learnt from a source that is still the same one, whatever else has changed.
@Suite struct InheritanceTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}", timeouts: { total: 15s }, retries: { attempts: 0 }, waiting: { time: 1ms } }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys, refresh: 5m }
        projection: { upstream: users, keys: 100000 }
        routes:
          - { name: read, path: /read, upstream: payments, auth: [token, api_key] }
          - { name: admin, path: /admin, upstream: payments, roles: [operator] }
        """

    private func run(_ body: @Sendable (GatewayFixture, FakeUserService) async throws -> Void) async throws {
        try await GatewayFixture.run(Self.yaml, monotonic: GatewayFixture.stillTime) { gateway in
            let service = FakeUserService()
            gateway.users.answer(service.answer)
            try await body(gateway, service)
        }
    }

    /// Another time, another size, another rule for tokens: none of it says that the keys are others.
    @Test(arguments: [
        ("total: 15s", "total: 16s"), ("attempts: 0", "attempts: 1"), ("keys: 100000", "keys: 1000"),
        ("refresh: 5m", "refresh: 4m, cool_down: 1s"), ("audience: tollgate", "audience: [tollgate, other]"),
        ("url: \"${USERS}\",", "url: \"${USERS}\", throttle: { in_flight: 100 },"),
    ])
    func nothingIsForgottenWhileUserServiceIsDown(old: String, new: String) async throws {
        try await run { gateway, service in
            let secret = service.add("key_1")
            let operatorToken = TestIssuer.sign(
                claims: TestIssuer.claims(now: gateway.clock.now, changing: "roles", to: #"["operator"]"#))
            await gateway.gateway.projection?.follow()
            try await gateway.expect(200, .get, "/admin", token: operatorToken)
            await gateway.users.stop()
            try gateway.reload(Self.yaml.replacing(old, with: new))
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            try await gateway.expect(200, .get, "/admin", token: operatorToken)
            #expect(try await gateway.send("/read", key: secret).status == 200)
        }
    }

    /// Whoever was logged out stays so, also where the feed is read from another place.
    @Test(arguments: [
        ("attempts: 0", "attempts: 1"), ("keys: 100000", "keys: 1000"), ("${USERS}", "http://127.0.0.1:9"),
    ])
    func anEndedSessionStaysEnded(old: String, new: String) async throws {
        try await run { gateway, service in
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            service.end(session: "ses_1")
            await gateway.gateway.projection?.follow()
            try await gateway.expect(401, .get, "/read", token: gateway.token)
            // The key set stays where it was: it is the feed's place alone that changes.
            var text = Self.yaml.replacing("upstream: users, path", with: "upstream: keys, path")
                .replacing("  payments: {", with: "  keys: { url: \"${USERS}\" }\n  payments: {")
            try gateway.reload(text)
            let first = try #require(text.firstRange(of: old))
            text.replaceSubrange(first, with: new)
            try gateway.reload(text)
            try await gateway.expect(401, .get, "/read", token: gateway.token)
            #expect(gateway.observed.notes.last?.reason == "token_session_ended")
        }
    }

    /// A reload does not touch what has begun: its fields, its upstream and its limits are those of the file then.
    @Test func aRequestKeepsTheConfigurationThatItBeganWith() async throws {
        let yaml = Self.yaml.replacing(
            "upstream: payments, auth: [token, api_key] }",
            with: "upstream: payments, auth: public, response_headers: { set: { X-Version: old } } }")
        try await GatewayFixture.run(yaml) { gateway in
            let gate = Gate()
            gateway.payments.answer { _ in
                await gate.pass()
                return .text("payments")
            }
            async let early = gateway.send(.get, "/read")
            try await waitUntil("the request is under way") { gateway.payments.received.count == 1 }
            try gateway.reload(
                yaml.replacing("X-Version: old", with: "X-Version: new")
                    .replacing("path: /read, upstream: payments", with: "path: /read, upstream: users"))
            let late = try await gateway.send(.get, "/read")
            #expect(late.fields[.init("X-Version")!] == "new" && late.text == #"{"id":"usr_1"}"#)
            gate.open()
            let answer = try await early
            #expect(answer.status == 200)
            #expect(answer.fields[.init("X-Version")!] == "old" && answer.text == "payments")
        }
    }

    /// Keys of another place are others.
    @Test(arguments: [
        ("url: \"${USERS}\"", "url: \"http://127.0.0.1:9\""), ("path: /keys", "path: /other"),
        ("issuer: tollgate", "issuer: other"), ("url: \"${USERS}\",", "url: \"${USERS}\", audience: other,"),
    ])
    func anotherSourceBeginsAfresh(old: String, new: String) async throws {
        try await run { gateway, service in
            await gateway.gateway.projection?.follow()
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            let keys = try #require(gateway.gateway.issuers.first?.keys)
            try gateway.reload(Self.yaml.replacing(old, with: new))
            let next = try #require(gateway.gateway.issuers.first?.keys)
            #expect(next !== keys && next.current == nil)
        }
    }

    /// What a configuration has brought goes with its last request: the upstreams, the projection, the issuers.
    @Test func nothingIsLeftOfAConfigurationThatNobodyUses() async throws {
        try await run { gateway, _ in
            let gate = Gate()
            gateway.payments.answer { _ in
                await gate.pass()
                return .text("done")
            }
            weak let old = gateway.gateway
            weak let upstream = gateway.gateway.upstreams[1]
            weak let projection = gateway.gateway.projection
            let alive = gateway.environment.metrics.configurations
            #expect(alive.value == 1)
            async let answer = gateway.send(.get, "/read", token: gateway.token)
            try await waitUntil("it has begun", timeout: .seconds(60)) { gateway.payments.received.count == 1 }
            // Everything is another one now.
            let text = Self.yaml.replacing("url: \"${PAYMENTS}\"", with: "url: \"${PAYMENTS}\", waiting: { time: 2s }")
                .replacing("keys: 100000", with: "keys: 1000").replacing("total: 15s", with: "total: 16s")
            try gateway.reload(text)
            #expect(alive.value == 2)
            #expect(old != nil && upstream != nil)
            gate.open()
            #expect(try await answer.status == 200)
            try await waitUntil("the old configuration is gone", timeout: .seconds(60)) {
                old == nil && upstream == nil && projection == nil && alive.value == 1
            }
            for number in 0..<20 {
                try gateway.reload(text.replacing("time: 2s", with: "time: \(100 + number)ms"))
                try await gateway.expect(200, .get, "/read", token: gateway.token)
            }
            try await waitUntil("the others are gone too", timeout: .seconds(60)) { alive.value == 1 }
        }
    }
}
