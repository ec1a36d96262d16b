import Chassis
import HTTPTypes
import Testing

@testable import Gateway

/// Rate limits through the gateway: what they count by, what they cost, and what the client is told.
@Suite struct RateLimitTests {
    private static func yaml(_ limits: String, routes: String) -> String {
        """
        upstreams:
          users: { url: "${USERS}" }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        rate_limits:
        \(limits.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
        routes:
        \(routes.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
        """
    }

    private static let open = "- { name: open, path: /open/*, upstream: payments, auth: public, rate_limits: [a] }"

    /// What `Retry-After` says: `seconds`, less those that a busy machine has spent since the first request.
    private static func wait(of refused: GatewayFixture.Answer, around seconds: Int) throws -> Int {
        let wait = try #require(refused.fields[.retryAfter].flatMap(Int.init))
        #expect((seconds - 60...seconds).contains(wait))
        return wait
    }

    @Test func theTighterOfTwoWindowsRefusesAndBothAreTold() async throws {
        let yaml = Self.yaml("a: { windows: [{ quota: 2, window: 1h }, { quota: 9, window: 2h }] }", routes: Self.open)
        try await GatewayFixture.run(yaml) { gateway in
            let first = try await gateway.send(.get, "/open/x")
            #expect(first.fields[.rateLimitPolicy] == #""a-1h";q=2;w=3600, "a-2h";q=9;w=7200"#)
            #expect(first.fields[.rateLimit]?.hasPrefix(#""a-1h";r=1;t="#) == true)
            #expect(first.fields[.rateLimit]?.contains(#""a-2h";r=8;t="#) == true)
            try await gateway.expect(200, .get, "/open/x")
            let refused = try await gateway.send(.get, "/open/x")
            #expect(refused.status == 429)
            let wait = try Self.wait(of: refused, around: 1_800)
            #expect(refused.fields[.rateLimit]?.hasPrefix(#""a-1h";r=0;t=\#(wait), "a-2h";r=7;t="#) == true)
            #expect(gateway.observed.notes.last?.reason == "rate_limited")
        }
    }

    @Test func aFieldMakesBucketsAndItsAbsenceOneMore() async throws {
        let yaml = Self.yaml("a: { key: { header: X-Tenant }, quota: 1, window: 1h }", routes: Self.open)
        try await GatewayFixture.run(yaml) { gateway in
            let field = try #require(HTTPField.Name("X-Tenant"))
            for tenant in ["a", "b", "A"] {
                #expect(try await gateway.send(.get, "/open/x", fields: [field: tenant]).status == 200)
                #expect(try await gateway.send(.get, "/open/x", fields: [field: tenant]).status == 429)
            }
            try await gateway.expect(200, .get, "/open/x")
            try await gateway.expect(429, .get, "/open/x")
        }
    }

    @Test func aRouteHasOneBucketForAllOrOneForEachUser() async throws {
        let yaml = Self.yaml(
            "whole: { key: route, quota: 3, window: 1h }\neach: { key: [user, route], quota: 1, window: 1h }",
            routes: """
                - { name: one, path: /one, upstream: users, rate_limits: [whole, each] }
                - { name: two, path: /two, upstream: users, rate_limits: [whole, each] }
                """)
        try await GatewayFixture.run(yaml) { gateway in
            let others = (2...4).map { number in
                TestIssuer.sign(
                    claims: TestIssuer.claims(now: gateway.clock.now, changing: "sub", to: "\"u\(number)\""))
            }
            try await gateway.expect(200, .get, "/one", token: gateway.token)
            // Refused by the user's limit, and not charged to the route's.
            for _ in 0..<5 { try await gateway.expect(429, .get, "/one", token: gateway.token) }
            try await gateway.expect(200, .get, "/two", token: gateway.token)
            try await gateway.expect(200, .get, "/one", token: others[0])
        }
    }

    @Test func limitsOfOneStageChargeTogetherOrNotAtAll() async throws {
        let yaml = Self.yaml(
            "a: { quota: 5, window: 1h }\nb: { key: { header: X-Tenant }, quota: 1, window: 1h }",
            routes: "- { name: open, path: /open/*, upstream: payments, auth: public, rate_limits: [a, b] }")
        try await GatewayFixture.run(yaml) { gateway in
            try await gateway.expect(200, .get, "/open/x")
            for _ in 0..<10 { try await gateway.expect(429, .get, "/open/x") }
            let field = try #require(HTTPField.Name("X-Tenant"))
            let other = try await gateway.send(.get, "/open/x", fields: [field: "b"])
            #expect(other.status == 200)
            #expect(other.fields[.rateLimit]?.hasPrefix(#""a";r=3;"#) == true)
        }
    }

    @Test func aCostlyRouteUsesMore() async throws {
        let yaml = Self.yaml(
            "a: { quota: 10, window: 1h }",
            routes: """
                - { name: cheap, path: /cheap, upstream: payments, auth: public, rate_limits: [a] }
                - { name: dear, path: /dear, upstream: payments, auth: public, rate_limits: [a], cost: 4 }
                """)
        try await GatewayFixture.run(yaml) { gateway in
            #expect(try await gateway.send(.get, "/dear").fields[.rateLimit]?.hasPrefix(#""a";r=6;"#) == true)
            #expect(try await gateway.send(.get, "/dear").fields[.rateLimit]?.hasPrefix(#""a";r=2;"#) == true)
            let refused = try await gateway.send(.get, "/dear")
            #expect(refused.status == 429)
            let wait = try Self.wait(of: refused, around: 720)
            #expect(refused.fields[.rateLimit] == #""a";r=2;t=\#(wait)"#)
            try await gateway.expect(200, .get, "/cheap")
        }
    }

    @Test func theRoleChoosesThePlan() async throws {
        let yaml = Self.yaml(
            """
            a:
              key: user
              default_plan: free
              plans: { pro: { quota: 3, window: 1h }, free: { quota: 1, window: 1h } }
            """, routes: "- { name: one, path: /one, upstream: users, rate_limits: [a] }")
        try await GatewayFixture.run(yaml) { gateway in
            try await gateway.expect(200, .get, "/one", token: gateway.token)
            try await gateway.expect(429, .get, "/one", token: gateway.token)
            let paying = TestIssuer.sign(
                claims: TestIssuer.claims(now: gateway.clock.now, changing: "roles", to: #"["x","pro"]"#))
            for left in [2, 1, 0] {
                let answer = try await gateway.send(.get, "/one", token: paying)
                #expect(answer.status == 200)
                #expect(answer.fields[.rateLimit]?.hasPrefix("\"a\";r=\(left);") == true)
            }
            try await gateway.expect(429, .get, "/one", token: paying)
        }
    }

    @Test func aClaimChoosesThePlanBeforeTheRole() async throws {
        let yaml = Self.yaml(
            """
            a:
              key: user
              default_plan: free
              plans: { pro: { quota: 3, window: 1h }, free: { quota: 1, window: 1h } }
            """, routes: "- { name: one, path: /one, upstream: users, rate_limits: [a] }"
        ).replacing("audience: tollgate", with: "audience: tollgate\n  plan_claim: tier")
        try await GatewayFixture.run(yaml) { gateway in
            let now = gateway.clock.now
            let policies = [("\"pro\"", 3), ("\"free\"", 1), ("\"gold\"", 1), ("7", 1)]
            for (claim, quota) in policies {
                let token = TestIssuer.sign(claims: TestIssuer.claims(now: now, changing: "tier", to: claim))
                let answer = try await gateway.send(.get, "/one", token: token)
                #expect(answer.fields[.rateLimitPolicy] == "\"a\";q=\(quota);w=3600")
            }
        }
    }

    @Test func aLimitByAPIKeyDoesNotConcernTokens() async throws {
        let yaml = Self.yaml(
            "a: { key: api_key, quota: 1, window: 1h }",
            routes: "- { name: one, path: /one, upstream: users, rate_limits: [a] }")
        try await GatewayFixture.run(yaml) { gateway in
            for _ in 0..<3 {
                let answer = try await gateway.send(.get, "/one", token: gateway.token)
                #expect(answer.status == 200)
                #expect(answer.fields[.rateLimit] == nil)
            }
        }
    }

    // MARK: - The file

    @Test(arguments: [
        ("a: { quota: 5, window: 1m, burst: 6 }", "rate_limits.a: burst must not be larger than quota"),
        ("a: { windows: [], key: address }", "rate_limits.a.windows: must have 1 to 4 windows"),
        ("a: { windows: [{ quota: 1, window: 1s }], quota: 3 }", "has either \"windows\" or \"quota\""),
        ("a: { windows: [{ quota: 1, window: 1s }, { quota: 2, window: 1s }] }", "must not be equally long"),
        ("a: { windows: [{ quota: 1, window: 10ms }] }", "rate_limits.a.windows[0].window: must be a time from 1s"),
        ("a: { quota: 1, window: 1s, key: [user, user] }", "must not have a part twice"),
        ("a: { quota: 1, window: 1s, key: { header: \"a b\" } }", "\"a b\" is no name of a field"),
        ("a: { quota: 1, window: 1s, key: adress }", "not \"adress\"; did you mean \"address\"?"),
        ("a: { quota: 1, window: 1s, key: user }", "\"a\" counts by caller, whom a public route does not know"),
        ("a: { default_plan: x, plans: { y: { quota: 1, window: 1s }, z: { quota: 1, window: 1s } } }", "unknown plan"),
        (
            "a: { plans: { y: { quota: 1, window: 1s }, z: { quota: 1, window: 1s } } }",
            "needs the key \"default_plan\""
        ),
        ("a: { default_plan: y, plans: { y: { quota: 1, window: 1s } } }", "needs at least two plans"),
    ])
    func mistakesAreFound(limit: String, expected: String) {
        let yaml = Self.yaml(limit, routes: Self.open).replacing("${USERS}", with: "http://u")
            .replacing("${PAYMENTS}", with: "http://p")
        let errors = #expect(throws: ConfigurationErrors.self) {
            try GatewayConfiguration(parsing: yaml, environment: [:])
        }
        #expect(errors?.description.contains(expected) == true, "\(errors.map(String.init(describing:)) ?? "")")
    }

    @Test func aRequestThatCanNeverBeAffordedIsAMistake() {
        let route = Self.open.replacing("[a] }", with: "[a], cost: 6 }")
        let yaml = Self.yaml("a: { quota: 10, window: 1m, burst: 5 }", routes: route)
            .replacing("${USERS}", with: "http://u").replacing("${PAYMENTS}", with: "http://p")
        let errors = #expect(throws: ConfigurationErrors.self) {
            try GatewayConfiguration(parsing: yaml, environment: [:])
        }
        #expect(errors?.description.contains("costs 6, but rate limit \"a\" allows 5 at once") == true)
    }
}
