import Testing

@testable import Gateway

@Suite struct ConfigurationTests {
    private static let minimal = """
        upstreams:
          one: { url: http://127.0.0.1:9000 }
        routes:
          - name: all
            path: /*
            upstream: one
            auth: public
        """

    private func issues(_ text: String, environment: [String: String] = [:]) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try GatewayConfiguration(parsing: text, environment: environment)
            return []
        } catch {
            return error.issues.map(\.description)
        }
    }

    @Test func aMinimalFileHasTheDefaults() throws {
        let configuration = try GatewayConfiguration(parsing: Self.minimal, environment: [:])
        #expect(
            configuration.upstreams == [
                .init(name: "one", endpoints: [.init(host: "127.0.0.1", port: 9000)], audience: "one")
            ])
        let route = try #require(configuration.routes.first)
        #expect(route.access == .public)
        #expect(route.path.isPrefix)
        #expect(route.bodyLimit == 1 << 20)
        #expect(route.limits == RouteLimits())
        #expect(configuration.limits == .init())
    }

    @Test func theDefaultFileIsValidWithNoEnvironment() throws {
        let configuration = try GatewayConfiguration(parsing: DefaultConfiguration.text, environment: [:])
        #expect(configuration.upstreams.map(\.endpoints[0].port) == [8081, 8082])
        #expect(configuration.aggregates.map(\.name) == ["overview"])
        let signUp = try #require(configuration.routes.first { $0.name == "sign-up" })
        #expect(signUp.access == .public)
        #expect(signUp.stripPrefix == "/api")
        let pay = try #require(configuration.routes.first { $0.name == "pay" })
        #expect(pay.idempotency == .key)
        #expect(pay.access == Access(credentials: [.token, .apiKey], scopes: ["payments:write"]))
        #expect(pay.limits.names == ["per-address", "per-user"])
    }

    @Test func onlyTheIntendedRoutesArePublic() throws {
        let configuration = try GatewayConfiguration(parsing: DefaultConfiguration.text, environment: [:])
        let open = configuration.routes.filter { $0.access == .public }.map(\.name)
        #expect(
            open == [
                "sign-up", "verify-email", "resend-verification", "forgot-password", "reset-password",
                "check-password", "log-in", "log-in-second-factor", "refresh-token", "token-keys", "processor-callback",
                "console", "console-assets", "openapi",
            ])
        #expect(configuration.aggregates.allSatisfy { $0.access != .public })
    }

    @Test(arguments: [
        ("", ["token"]), ("    auth: token", ["token"]), ("    auth: api_key", ["api_key"]),
        ("    auth: [token, api_key]", ["token", "api_key"]), ("    auth: public", []),
    ])
    func credentialsAreAWordOrAList(line: String, expected: [String]) throws {
        let authentication = "authentication: { issuer: a, audience: b, jwks: { upstream: one, path: /keys } }\n"
        let text =
            authentication + "projection: { upstream: one }\n"
            + Self.minimal.replacing("    auth: public", with: line)
        let route = try #require(try GatewayConfiguration(parsing: text, environment: [:]).routes.first)
        #expect(route.access.credentials.map(\.rawValue) == expected)
    }

    @Test func whatNobodyCanCheckIsRefused() {
        let keys = Self.minimal.replacing("auth: public", with: "auth: api_key")
        #expect(issues(keys) == ["1:1: needs the key \"projection\", because \"all\" accepts API keys"])
        let logout = Self.minimal + "\n    ends_session: true"
        #expect(issues(logout) == ["1:1: needs the key \"projection\", because \"all\" ends sessions"])
        let leave = Self.minimal + "\n    ends_user: true"
        #expect(issues(leave) == ["1:1: needs the key \"projection\", because \"all\" ends users"])
        let revoking = Self.minimal + "\n    revokes: true"
        #expect(issues(revoking) == ["1:1: needs the key \"projection\", because \"all\" revokes"])
        let unknown = "projection: { upstream: two, key: 1000 }\n" + Self.minimal
        #expect(
            issues(unknown) == [
                "1:25: projection.upstream: unknown upstream \"two\"",
                "1:30: projection: unknown key \"key\"; did you mean \"keys\"?",
            ])
    }

    @Test(arguments: [
        ("auth: []", "must name at least one of token and api_key"),
        ("auth: [public]", "public stands alone"), ("auth: [token, public]", "public stands alone"),
        ("auth: [token, token]", "\"token\" is written twice"),
        ("auth: tokn", "must be public, token or api_key"), ("auth: [api-key]", "did you mean \"api_key\"?"),
        ("auth: public\n    roles: [support]", "a public route cannot ask for roles"),
        ("scopes: [\"a b\"]", "must be printable ASCII without spaces"),
        ("scopes: [\(ConfigurationTests.many(65))]", "more than 64 different scopes"),
        ("roles: [\(ConfigurationTests.many(65))]", "more than 64 different roles"),
    ])
    func mistakesOfAccessAreFound(lines: String, expected: String) {
        let found = issues(Self.minimal.replacing("auth: public", with: lines))
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    private static func many(_ count: Int) -> String { (0..<count).map { "n\($0)" }.joined(separator: ", ") }

    @Test func silenceAboutAuthenticationMeansThatATokenIsNeeded() {
        let text = Self.minimal.replacing("    auth: public", with: "")
        #expect(issues(text) == ["1:1: needs the key \"authentication\", because \"all\" is not written to be public"])
    }

    @Test(arguments: [
        (
            "upstreams:\n  one: { url: http://h:1 }\nroutes: []\nroute: []",
            "4:1: unknown key \"route\"; did you mean \"routes\"?"
        ),
        ("routes: []", "1:1: needs the key \"upstreams\""),
        (
            "upstreams:\n  one: { url: https://h:1 }\nroutes: []",
            "2:15: upstreams.one.url: must be http://host:port without a path, not \"https://h:1\""
        ),
        (
            "upstreams:\n  one: { url: http://h:1/x }\nroutes: []",
            "2:15: upstreams.one.url: must be http://host:port without a path, not \"http://h:1/x\""
        ),
        (
            "upstreams:\n  one: { url: http://h:70000 }\nroutes: []",
            "2:15: upstreams.one.url: must be http://host:port without a path, not \"http://h:70000\""
        ),
        (
            "upstreams:\n  one: { url: http://h, retries: { attempts: many } }\nroutes: []",
            "2:46: upstreams.one.retries.attempts: must be a whole number from 0 to 10, not \"many\""
        ),
        (
            "upstreams:\n  one: { url: http://h, timeouts: { total: 5 } }\nroutes: []",
            "2:44: upstreams.one.timeouts.total: must be a time from 1ms to 1h such as 250ms or 5s, not \"5\""
        ),
        (
            "upstreams:\n  one:\n    url: http://h\n    timeouts: { per_try: 9s, total: 5s }\nroutes: []",
            "4:15: upstreams.one.timeouts: per_try must not be longer than total"
        ),
        ("upstreams: [one]\nroutes: []", "1:12: upstreams: must be a mapping of keys to values"),
        ("upstreams: {}\nroutes: {}", "2:9: routes: must be a list"),
        ("upstreams: {}\nupstreams: {}\nroutes: []", "1:1: key \"upstreams\" is written twice"),
        ("upstreams: {}\nroutes: [", "3:1: did not find expected node content"),
        ("", "1:1: the file is empty"),
        (
            "upstreams:\n  one: { url: \"${NOPE}\" }\nroutes: []",
            "2:15: upstreams.one.url: environment variable NOPE is not set and has no default (${NOPE:-default})"
        ),
        (
            "upstreams: {}\nroutes: []\nrate_limits:\n  a: { quota: 0, window: 1m }",
            "4:15: rate_limits.a.quota: must be a whole number from 1 to 1000000000, not \"0\""
        ),
        (
            "upstreams: {}\nroutes: []\nrate_limits:\n  a: { quota: 1, window: 1m, key: usr }",
            "4:35: rate_limits.a.key: must be address, user, api_key, route or { header: NAME }, not \"usr\"; "
                + "did you mean \"user\"?"
        ),
    ])
    func everyMistakeNamesItsPlace(text: String, expected: String) {
        #expect(issues(text).first == expected)
    }

    @Test(arguments: [
        ("path: api", "must start with \"/\""),
        ("path: /a//b", "must not have an empty segment"),
        ("path: /a/../b", "must not have dot segments"),
        ("path: /a/*/b", "the segment \"*\" may have unreserved"),
        ("path: /a%2Fb", "may have unreserved characters only"),
        ("path: \"/a/{b c}\"", "the parameter name \"b c\""),
        ("path: /a\n    methods: [get]", "must be a method in capitals such as GET, not \"get\""),
        ("path: /a\n    scopes: [x]", "a public route cannot ask for scopes"),
        ("path: /a\n    strip_prefix: /b", "must be the first whole segments of the route's path /a"),
        ("path: /api/x\n    strip_prefix: /ap", "must be the first whole segments"),
        ("path: /a\n    rate_limits: [many]", "unknown rate limit \"many\""),
        ("path: /a\n    body_limit: 1MB", "must be a size from 0"),
        ("path: /a\n    idempotency: keys", "must be none or key, not \"keys\"; did you mean \"key\"?"),
        ("path: /a\n    serve: openapi", "a route has one of \"upstream\", \"split\", \"redirect\" and \"serve\""),
        ("path: /a\n    rewrite: { prefix: /b }", "the route's path /a is no prefix such as /x/*"),
        ("path: /a\n    rewrite: { path: \"/b/{id}\" }", "the route's path /a has no parameter {id}"),
        ("path: /a\n    rewrite: { path: /b/* }", "must be a path without \"*\""),
        ("path: /a\n    rewrite: {}", "needs the key \"path\" or \"prefix\""),
        ("path: /a/*\n    strip_prefix: /a\n    rewrite: { path: /b }", "either \"strip_prefix\" or \"rewrite\""),
        ("path: /a\n    sticky: { cookie: a }", "only means something with \"split\""),
        ("path: /a\n    hosts: [\"a.b:80\"]", "must be a host such as api.example.com"),
        ("path: /a\n    hosts: [\"*\"]", "must be a host such as api.example.com"),
        ("path: /a\n    hosts: [\"a.*.b\"]", "must be a host such as api.example.com"),
        ("path: /a\n    headers: { \"X Y\": 1 }", "\"X Y\" is not a header name"),
        ("path: /a\n    headers: { Host: a }", "the host is matched by \"hosts\""),
        ("path: /a\n    headers: { X-A: 1, x-a: 2 }", "\"x-a\" is written twice"),
        ("path: /a\n    query: { a: { presnt: true } }", "must be a value, or { present: true } for any"),
        ("path: /a\n    strip_prefixes: /a", "unknown key \"strip_prefixes\"; did you mean \"strip_prefix\"?"),
    ])
    func mistakesOfRoutesAreFound(lines: String, expected: String) {
        let found = issues(Self.minimal.replacing("path: /*", with: lines))
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func allMistakesAreReportedInTheOrderOfTheLines() {
        let found = issues(
            """
            upstreams:
              user-service: { url: http://u:1, tiemouts: {} }
            routes:
              - name: a
                path: nowhere
                auth: public
                upstream: user-service
              - name: b
                path: /b
                auth: publik
                upstream: user-servce
            """)
        #expect(found.count == 5)
        #expect(found.map { $0.prefix { $0 != ":" } } == ["1", "2", "5", "10", "11"])
        #expect(found.last?.hasSuffix("unknown upstream \"user-servce\"; did you mean \"user-service\"?") == true)
    }

    @Test func twoRoutesCannotClaimTheSame() {
        let text = """
            upstreams:
              one: { url: http://h }
            routes:
              - { name: a, path: "/x/{id}", upstream: one, auth: public, methods: [GET] }
              - { name: b, path: "/x/{name}", upstream: one, auth: public, methods: [POST, GET] }
            """
        #expect(issues(text) == ["1:1: \"b\" and \"a\" both claim GET /x/{name}"])
    }

    @Test(arguments: [
        ("hosts: [a.com]", "hosts: [A.com]", "GET a.com/x"),
        ("hosts: [a.com, \"*.b.com\"]", "hosts: [\"*.b.com\"]", "GET *.b.com/x"),
        ("headers: { A: 1, B: 2 }", "headers: { b: 2, a: 1 }", "GET /x b=2 a=1"),
        ("query: { a: 1 }", "query: { a: 1 }", "GET /x ?a=1"),
        ("hosts: [a.com]", "hosts: [b.com]", nil),
        ("hosts: [a.com]", "query: {}", nil),
        ("headers: { A: 1 }", "headers: { A: 2 }", nil),
        ("headers: { A: 1 }", "headers: { A: { present: true } }", nil),
        ("query: { a: 1 }", "query: { A: 1 }", nil),
    ])
    func routesConflictOnlyWhenNothingTellsThemApart(one: String, other: String, expected: String?) {
        let text = """
            upstreams:
              one: { url: http://h }
            routes:
              - { name: a, path: /x, upstream: one, auth: public, methods: [GET], \(one) }
              - { name: b, path: /x, upstream: one, auth: public, methods: [GET], \(other) }
            """
        #expect(issues(text) == (expected.map { ["1:1: \"b\" and \"a\" both claim \($0)"] } ?? []))
    }

    @Test(arguments: [
        ("plain", "plain"), ("${A}", "1"), ("x${A}y${B:-2}z", "x1y2z"), ("$$A", "$A"), ("${EMPTY:-d}", "d"),
        ("${B:-a:-b}", "a:-b"), ("${B:-}", ""),
    ])
    func referencesAreReplaced(text: String, expected: String) throws {
        #expect(try Interpolation(environment: ["A": "1", "EMPTY": ""]).expand(text) == expected)
    }

    @Test(arguments: ["$A", "${A", "${}", "${A B}", "$", "${EMPTY}"])
    func malformedReferencesAreRefused(text: String) {
        #expect(throws: Interpolation.Failure.self) {
            try Interpolation(environment: ["A": "1", "EMPTY": ""]).expand(text)
        }
    }

    @Test func aVariableCannotAddStructure() throws {
        let text = Self.minimal.replacing("http://127.0.0.1:9000", with: "${U}")
        let found = issues(text, environment: ["U": "http://h:1 }\n  two: { url: http://x"])
        #expect(found.count == 1)
    }

    @Test(arguments: [("routes", "routes", 0), ("route", "routes", 1), ("ruotes", "routes", 1), ("", "abc", 3)])
    func editsAreCounted(one: String, other: String, expected: Int) {
        #expect(DidYouMean.distance(one, other) == expected)
        #expect(DidYouMean.distance(other, one) == expected)
    }
}
