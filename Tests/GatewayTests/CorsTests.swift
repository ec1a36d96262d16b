import HTTP
import HTTPTypes
import Testing

@testable import Gateway

/// What pages of other origins may do, through the gateway.
@Suite struct CorsTests {
    private static let app = "https://app.example.com"

    private static func yaml(_ cors: String) -> String {
        """
        upstreams:
          users: { url: "${USERS}", retries: { attempts: 0 } }
          payments: { url: "${PAYMENTS}", retries: { attempts: 0 } }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        rate_limits:
          once: { key: user, quota: 1, window: 1h }
        cors: \(cors)
        routes:
          - { name: read, path: /things, methods: [GET], upstream: users }
          - { name: write, path: /things, methods: [POST], upstream: users, rate_limits: [once] }
          - { name: free, path: /free/*, upstream: payments, auth: public, cors: { origins: "*" } }
          - { name: own, path: /own/*, upstream: payments, auth: public, cors: none }
        aggregates:
          - { name: home, path: /home, parts: { me: { upstream: users, path: /me } } }
        """
    }

    private static let listed = "{ origins: [\"https://app.example.com\", \"null\"], max_age: 5m }"

    private func preflight(
        _ gateway: GatewayFixture, _ target: String, from origin: String, for method: String = "GET"
    ) async throws -> GatewayFixture.Answer {
        try await gateway.send(
            .options, target,
            fields: [
                .origin: origin, .accessControlRequestMethod: method, .accessControlRequestHeaders: "authorization",
            ])
    }

    @Test func aPreflightIsAnsweredBeforeAnybodyLogsIn() async throws {
        try await GatewayFixture.run(Self.yaml(Self.listed)) { gateway in
            for _ in 0..<3 {
                let answer = try await preflight(gateway, "/things", from: Self.app, for: "POST")
                #expect(answer.status == 204)
                #expect(answer.fields[.accessControlAllowOrigin] == Self.app)
                #expect(answer.fields[.accessControlAllowMethods] == "POST")
                #expect(answer.fields[.accessControlAllowHeaders]?.contains("Idempotency-Key") == true)
                #expect(answer.fields[.accessControlMaxAge] == "300")
                #expect(answer.fields[.accessControlAllowCredentials] == nil)
                #expect(answer.fields[.vary] == "Origin")
            }
            #expect(
                try await preflight(gateway, "/things", from: Self.app).fields[.accessControlAllowMethods]
                    == "GET, HEAD")
            #expect(try await preflight(gateway, "/home", from: "null").fields[.accessControlAllowOrigin] == "null")
            #expect(gateway.users.received.isEmpty)
            #expect(gateway.observed.notes.last?.route == "/home")
        }
    }

    @Test(arguments: [
        "https://app.example.com.evil.test", "https://evil.test", "http://app.example.com", "https://APP.example.com",
        "https://app.example.com:444", "https://app.example.com, https://evil.test", "",
    ])
    func otherOriginsAreToldNothing(origin: String) async throws {
        try await GatewayFixture.run(Self.yaml(Self.listed)) { gateway in
            let asked = try await preflight(gateway, "/things", from: origin)
            #expect(asked.status == 204)
            let used = try await gateway.send(.get, "/things", fields: [.origin: origin], token: gateway.token)
            #expect(used.status == 200)
            for answer in [asked, used] {
                #expect(!answer.fields.contains { $0.name.canonicalName.hasPrefix("access-control-") })
                #expect(answer.fields[.vary] == "Origin")
            }
        }
    }

    @Test func anAnswerAndARefusalCanBeRead() async throws {
        try await GatewayFixture.run(Self.yaml(Self.listed)) { gateway in
            gateway.users.answer { received in
                if received.target == "/keys" { return .json(TestIssuer.keySet) }
                return .json(
                    Array("{}".utf8),
                    fields: [
                        .vary: "Accept-Language", .accessControlAllowOrigin: "*",
                        .accessControlAllowCredentials: "true",
                    ])
            }
            let fields: HTTPFields = [.origin: Self.app]
            let answer = try await gateway.send(.get, "/things", fields: fields, token: gateway.token)
            #expect(answer.fields[.accessControlAllowOrigin] == Self.app)
            #expect(answer.fields[.accessControlAllowCredentials] == nil)
            #expect(answer.fields[.accessControlExposeHeaders]?.contains("Retry-After") == true)
            #expect(answer.fields[.vary] == "Accept-Language, Origin")
            let unknown = try await gateway.send(.get, "/things", fields: fields)
            #expect(unknown.status == 401)
            #expect(unknown.fields[.accessControlAllowOrigin] == Self.app)
            #expect(unknown.fields[.vary] == "Origin")
            _ = try await gateway.send(.post, "/things", fields: fields, token: gateway.token)
            let refused = try await gateway.send(.post, "/things", fields: fields, token: gateway.token)
            #expect(refused.status == 429)
            #expect(refused.fields[.accessControlAllowOrigin] == Self.app)
            #expect(refused.fields[.retryAfter] != nil)
            #expect(
                try await gateway.send(.get, "/things", token: gateway.token).fields[.vary] == "Accept-Language, Origin"
            )
        }
    }

    @Test func aRouteForEveryPageVariesByNothing() async throws {
        try await GatewayFixture.run(Self.yaml(Self.listed)) { gateway in
            let answer = try await gateway.send(.get, "/free/x", fields: [.origin: "https://any.test"])
            #expect(answer.fields[.accessControlAllowOrigin] == "*")
            #expect(answer.fields[.vary] == nil)
            #expect(try await gateway.send(.get, "/free/x").fields[.accessControlAllowOrigin] == nil)
        }
    }

    @Test func withoutAPolicyTheServiceAnswers() async throws {
        try await GatewayFixture.run(Self.yaml(Self.listed)) { gateway in
            gateway.payments.answer { _ in .empty(.noContent, fields: [.accessControlAllowOrigin: "https://its.own"]) }
            let answer = try await preflight(gateway, "/own/x", from: "https://its.own")
            #expect(answer.fields[.accessControlAllowOrigin] == "https://its.own")
            #expect(gateway.payments.received.map(\.method) == ["OPTIONS"])
            #expect(try await preflight(gateway, "/nothing", from: Self.app).status == 404)
            #expect(try await preflight(gateway, "/things", from: Self.app, for: "DELETE").status == 405)
            try await gateway.expect(405, .options, "/things")
        }
    }

    @Test func credentialsAreAllowedOnlyByName() async throws {
        let yaml = Self.yaml("{ origins: [\"https://app.example.com\"], credentials: true, exposed_headers: [] }")
        try await GatewayFixture.run(yaml) { gateway in
            let answer = try await gateway.send(.get, "/things", fields: [.origin: Self.app], token: gateway.token)
            #expect(answer.fields[.accessControlAllowCredentials] == "true")
            #expect(answer.fields[.accessControlAllowOrigin] == Self.app)
            #expect(answer.fields[.accessControlExposeHeaders] == nil)
        }
    }

    @Test(arguments: [
        ("{ origins: \"*\", credentials: true }", "\"*\" cannot go with credentials"),
        ("{ origins: [\"null\"], credentials: true }", "\"null\" cannot go with credentials"),
        ("{ origins: [\"*\"] }", "must be an origin as browsers write it"),
        ("{ origins: [\"https://a.test/\"] }", "must be an origin"),
        ("{ origins: [\"https://A.test\"] }", "must be an origin"), ("{ origins: [a.test] }", "must be an origin"),
        ("{ origins: [\"https://a.test:443\"] }", "must be an origin"), ("{ origins: [] }", "at least one origin"),
        ("{ origins: https://a.test }", "must be \"*\" or a list of origins"), ("{}", "needs the key \"origins\""),
        ("{ origins: \"*\", methods: [get] }", "must be a method in capitals"),
        ("{ origins: \"*\", request_headers: [\"*\"] }", "\"*\" is no name of a field"),
        ("{ origins: \"*\", max_age: 25h }", "cors.max_age: must be a time from 0ms to 24h"),
        ("{ origin: \"*\" }", "unknown key \"origin\"; did you mean \"origins\"?"),
    ])
    func mistakesAreFound(cors: String, expected: String) {
        let text = Self.yaml(cors).replacing("${USERS}", with: "http://u").replacing("${PAYMENTS}", with: "http://p")
        let errors = #expect(throws: ConfigurationErrors.self) {
            try GatewayConfiguration(parsing: text, environment: [:])
        }
        #expect(errors?.description.contains(expected) == true, "\(errors.map(String.init(describing:)) ?? "")")
    }
}
