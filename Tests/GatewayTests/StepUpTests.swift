import Chassis
import HTTPTypes
import Testing

@testable import Gateway

/// Routes that ask for a recent, or a stronger, proof of who the caller is.
@Suite struct StepUpTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}", retries: { attempts: 0 } }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        projection: { upstream: users }
        routes:
          - { name: read, path: /read, upstream: payments }
          - { name: erase, path: /erase, upstream: payments, step_up: { max_age: 5m } }
          - { name: rotate, path: /rotate, upstream: payments, roles: [admin], step_up: { max_age: 1m, acr: "urn:mfa" } }
        """

    private func token(_ gateway: GatewayFixture, age: Int64?, acr: String? = nil, roles: String = "[]") -> String {
        let claims = TestIssuer.claims(now: gateway.clock.now, changing: "roles", to: roles).dropLast()
        let time = age.map { ",\"auth_time\":\(gateway.clock.now / 1_000 - $0)" } ?? ""
        let context = acr.map { ",\"acr\":\"\($0)\"" } ?? ""
        return TestIssuer.sign(claims: "\(claims)\(time)\(context)}")
    }

    private func run(
        monotonic: ManualWallClock = ManualWallClock(now: 1_000),
        _ body: @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        try await GatewayFixture.run(Self.yaml, monotonic: { UInt64(monotonic.now) }) { gateway in
            gateway.users.answer(FakeUserService().answer)
            await gateway.gateway.projection?.follow()
            try await body(gateway)
        }
    }

    @Test func aFreshTokenPassesAndAnOldOneIsToldWhatIsMissing() async throws {
        try await run { gateway in
            try await gateway.expect(200, .get, "/erase", token: token(gateway, age: 300))
            let refused = try await gateway.send(.get, "/erase", token: token(gateway, age: 301))
            #expect(refused.status == 401)
            #expect(refused.text.contains(#""code":"insufficient_user_authentication""#))
            let challenge = #"Bearer realm="tollgate", error="insufficient_user_authentication", max_age="300""#
            #expect(refused.fields[.wwwAuthenticate] == challenge)
            #expect(gateway.observed.notes.last?.reason == "authentication_too_old")
            #expect(gateway.payments.received.count == 1)
        }
    }

    @Test func aTokenInTheCacheGrowsOldThere() async throws {
        try await run { gateway in
            let token = token(gateway, age: 0)
            for _ in 0..<2 { try await gateway.expect(200, .get, "/erase", token: token) }
            gateway.clock.advance(seconds: 301)
            try await gateway.expect(401, .get, "/erase", token: token)
            try await gateway.expect(200, .get, "/read", token: token)
        }
    }

    @Test func aTokenThatDoesNotSayWhenIsTooOld() async throws {
        try await run { gateway in
            try await gateway.expect(401, .get, "/erase", token: token(gateway, age: nil))
            let claims = TestIssuer.claims(now: gateway.clock.now, changing: "auth_time", to: "\"now\"")
            try await gateway.expect(401, .get, "/erase", token: TestIssuer.sign(claims: claims))
            try await gateway.expect(200, .get, "/read", token: TestIssuer.sign(claims: claims))
        }
    }

    @Test func aContextThatIsAskedForMustBeThere() async throws {
        try await run { gateway in
            for acr in [nil, "urn:password", "urn:mfa "] {
                let weak = token(gateway, age: 1, acr: acr, roles: #"["admin"]"#)
                let refused = try await gateway.send(.get, "/rotate", token: weak)
                #expect(refused.status == 401)
                #expect(refused.fields[.wwwAuthenticate]?.hasSuffix(#"max_age="60", acr_values="urn:mfa""#) == true)
                #expect(gateway.observed.notes.last?.reason == "authentication_too_weak")
            }
            let strong = token(gateway, age: 1, acr: "urn:mfa", roles: #"["admin"]"#)
            try await gateway.expect(200, .get, "/rotate", token: strong)
            // Who may not do it at all is not sent to prove who he is.
            try await gateway.expect(403, .get, "/rotate", token: token(gateway, age: 1_000))
        }
    }

    @Test func whileTheFeedIsStaleItIsClosed() async throws {
        let time = ManualWallClock(now: 1_000)
        try await run(monotonic: time) { gateway in
            let token = token(gateway, age: 0)
            try await gateway.expect(200, .get, "/erase", token: token)
            time.advance(milliseconds: 5_001)
            try await gateway.expect(503, .get, "/erase", token: token)
            #expect(gateway.observed.notes.last?.reason == "feed_stale")
            try await gateway.expect(200, .get, "/read", token: token)
            await gateway.gateway.projection?.follow()
            try await gateway.expect(200, .get, "/erase", token: token)
        }
    }

    @Test(arguments: [
        ("auth: public, step_up: { max_age: 5m }", "public route"),
        ("auth: [token, api_key], step_up: { max_age: 5m }", "an API key cannot log in again"),
        ("step_up: { acr: x }", "needs the key \"max_age\""), ("step_up: { max_age: 0s }", "max_age"),
        ("step_up: { max_age: 5m, acr: [] }", "at least one name"), ("step_up: { max_age: 5m, age: 1 }", "unknown key"),
        ("step_up: { max_age: 5m, acr: 'a \"b' }", "printable ASCII"),
    ])
    func mistakesInTheFileAreFound(text: String, message: String) {
        let yaml = Self.yaml.replacing("upstream: payments }", with: "upstream: payments, \(text) }")
        let errors = #expect(throws: ConfigurationErrors.self) {
            try GatewayConfiguration(parsing: yaml, environment: ["USERS": "http://u:1", "PAYMENTS": "http://p:1"])
        }
        #expect(errors?.description.contains(message) == true, "\(errors?.description ?? "")")
    }
}
