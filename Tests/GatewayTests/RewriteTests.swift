import HTTP
import HTTPTypes
import Testing

@testable import Gateway

@Suite struct RewriteTests {
    /// The first route of a file that has nothing but this route.
    private static func route(_ path: String, _ keys: String) throws -> RouteConfiguration {
        let yaml = """
            upstreams: { one: { url: "http://h" } }
            routes: [{ name: a, path: "\(path)", auth: public, \(keys) }]
            """
        return try #require(try GatewayConfiguration(parsing: yaml, environment: [:]).routes.first)
    }

    @Test(arguments: [
        ("/api/*", "strip_prefix: /api", "/api/v1/x?q=1", "/v1/x?q=1"),
        ("/api/*", "strip_prefix: /api", "/api", "/"),
        ("/api/*", "strip_prefix: /api", "/%61pi?q", "/?q"),
        ("/api/*", "strip_prefix: /api", "/api/a%2Fb/../c", "/c"),
        ("/shop/*", "rewrite: { prefix: /v1 }", "/shop/a/b?x=%2F", "/v1/a/b?x=%2F"),
        ("/shop/*", "rewrite: { prefix: /v1 }", "/shop", "/v1"),
        ("/shop/*", "rewrite: { prefix: /v1 }", "/shop/", "/v1/"),
        ("/shop/*", "rewrite: { prefix: / }", "/shop/a", "/a"),
        ("/shop/*", "rewrite: { prefix: / }", "/shop", "/"),
        ("/*", "rewrite: { prefix: /v1 }", "/", "/v1"),
        ("/*", "rewrite: { prefix: /v1 }", "/a", "/v1/a"),
        ("/shop/*", "rewrite: { path: /closed }", "/shop/a/b?x", "/closed?x"),
        ("/u/{id}/p/{page}", "rewrite: { path: \"/pages/{page}/of/{id}\" }", "/u/7/p/2?x", "/pages/2/of/7?x"),
        // An encoded slash in a parameter stays one, and dots are gone before.
        ("/u/{id}", "rewrite: { path: \"/users/{id}\" }", "/u/a%2Fb", "/users/a%2Fb"),
        ("/u/{id}", "rewrite: { path: \"/users/{id}\" }", "/u/x/%2E%2E/b%20c", "/users/b%20c"),
        ("/{tenant}/api/*", "rewrite: { prefix: \"/t/{tenant}\" }", "/acme/api/x/y", "/t/acme/x/y"),
    ])
    func pathsBecomeThoseOfTheUpstream(path: String, keys: String, target: String, expected: String) throws {
        let rule = TargetRule(try Self.route(path, "upstream: one, \(keys)"))
        #expect(rule.text(of: try Request(target: target)) == expected)
    }

    /// The received bytes without a prefix are what the text would be.
    @Test(arguments: ["/api/v1/x?q=1", "/api/a?b=%20", "/api/"])
    func theShortCutIsTheSame(target: String) throws {
        let rule = TargetRule(try Self.route("/api/*", "upstream: one, strip_prefix: /api"))
        let request = try Request(target: target)
        #expect(rule.target(of: request) == .received(droppingPrefix: 4))
        #expect(rule.text(of: request) == target.dropFirst(4))
    }

    @Test(
        arguments: [
            ("/api/*", "strip_prefix: /api", "/v1/x", "/api/v1/x"), ("/api/*", "strip_prefix: /api", "//evil/x", nil),
            ("/api/*", "strip_prefix: /api", "http://h/x", nil),
            ("/shop/*", "rewrite: { prefix: /v1 }", "/v1/a", "/shop/a"),
            ("/shop/*", "rewrite: { prefix: /v1 }", "/v1", "/shop"),
            ("/shop/*", "rewrite: { prefix: /v1 }", "/v12", nil),
            ("/shop/*", "rewrite: { prefix: / }", "/a", "/shop/a"), ("/shop/*", "rewrite: { path: /v1 }", "/v1", nil),
            ("/{t}/*", "rewrite: { prefix: /v1 }", "/v1/a", nil), ("/x/*", "idempotency: none", "/a", nil),
        ] as [(String, String, String, String?)])
    func locationsAreLedBack(path: String, keys: String, location: String, expected: String?) throws {
        #expect(TargetRule(try Self.route(path, "upstream: one, \(keys)")).outside(location) == expected)
    }

    // MARK: - Redirects

    private static func location(
        _ path: String, _ keys: String, _ target: String, host: String = "a.example:8080"
    ) throws -> String? {
        let route = try route(path, "redirect: { \(keys) }")
        guard case .redirect(let redirect) = route.target else { return nil }
        let request = try Request(target: target, fields: [.init("Host")!: host])
        return Redirect(redirect, of: route.path).location(for: request, scheme: .http)
    }

    @Test(arguments: [
        ("/old/*", "prefix: /new", "/old/a?b=1", "/new/a?b=1"),
        ("/old", "path: /new", "/old?b", "/new?b"),
        ("/old/{id}", "path: \"/new/{id}/x\"", "/old/7", "/new/7/x"),
        ("/*", "scheme: https", "/a?b", "https://a.example/a?b"),
        ("/*", "scheme: https, port: 8443", "/a", "https://a.example:8443/a"),
        ("/*", "host: b.example", "/a", "http://b.example:8080/a"),
        ("/*", "host: b.example, scheme: https", "/a", "https://b.example/a"),
        ("/*", "port: 80", "/a", "http://a.example/a"),
        ("/*", "port: 81", "/a", "http://a.example:81/a"),
        // Nobody is sent to a host that the path names.
        ("/go/*", "prefix: /", "/go//evil.example/x", "/evil.example/x"),
        ("/*", "prefix: /", "//evil.example", "/evil.example"),
    ])
    func redirectsLeadWhereTheyShould(path: String, keys: String, target: String, expected: String) throws {
        #expect(try Self.location(path, keys, target) == expected)
    }

    @Test func aRedirectKeepsABracketedHost() throws {
        #expect(try Self.location("/*", "scheme: https", "/a", host: "[::1]:80") == "https://[::1]/a")
        #expect(try Self.location("/*", "scheme: https", "/a", host: "[::1]") == "https://[::1]/a")
    }

    @Test(arguments: [("a.example:", "http://a.example:81/a"), ("[::1]:", "http://[::1]:81/a")])
    func anEmptyPortIsNone(host: String, expected: String) throws {
        #expect(try Self.location("/*", "port: 81", "/a", host: host) == expected)
    }

    // MARK: - Through the gateway

    private static let yaml = """
        upstreams:
          users: { url: "${USERS}" }
          payments: { url: "${PAYMENTS}" }
        routes:
          - { name: rewritten, path: "/shop/*", upstream: payments, auth: public, rewrite: { prefix: /v1 } }
          - { name: moved, path: "/moved/{id}", auth: public, redirect: { status: 308, path: "/shop/{id}" } }
          - { name: secured, path: /secured, auth: public, redirect: { status: 301, scheme: https } }
        """

    @Test func theLocationOfARefusalIsLedBackToo() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            gateway.payments.answer { _ in
                Response(status: .unprocessableContent, fields: [.location: "/v1/things/2"])
            }
            let refused = try await gateway.send(.post, "/shop/things", body: [1])
            #expect(refused.status == 422)
            #expect(refused.fields[.location] == "/shop/things/2")
        }
    }

    @Test func theGatewayRewritesAndRedirects() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            gateway.payments.answer { _ in Response(status: .created, fields: [.location: "/v1/things/1"]) }
            let made = try await gateway.send(.post, "/shop/things?x=1", body: [1])
            #expect(made.fields[.location] == "/shop/things/1")
            #expect(gateway.payments.received.map(\.target) == ["/v1/things?x=1"])
            let moved = try await gateway.send(.get, "/moved/7?a=b")
            #expect(moved.status == 308)
            #expect(moved.fields[.location] == "/shop/7?a=b")
            let secured = try await gateway.send(.get, "/secured")
            #expect(secured.status == 301)
            #expect(secured.fields[.location] == "https://127.0.0.1/secured")
            #expect(gateway.payments.received.count == 1)
            #expect(gateway.observed.notes.last?.reason == "redirected")
        }
    }
}
