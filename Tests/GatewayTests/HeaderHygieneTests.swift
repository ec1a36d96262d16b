import HTTP
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

extension HTTPField.Name {
    static let forwarded = Self("Forwarded")!
}

@Suite struct HeaderHygieneTests {
    private static func yaml(limits: String = "{}", route: String = "", rest: String = "") -> String {
        """
        upstreams:
          users: { url: "${USERS}" }
          payments: { url: "${PAYMENTS}" }
        limits: \(limits)
        \(rest)
        routes:
          - { name: all, path: "/*", upstream: payments, auth: public\(route) }
        """
    }

    /// What a client gets that sends exactly these lines.
    private static func exchange(_ gateway: GatewayFixture, _ text: String) throws -> String {
        let client = try RawClient(port: gateway.port)
        try client.send(text.replacing("\n", with: "\r\n"))
        return try client.readAnswer()
    }

    private static func forwarded(_ gateway: GatewayFixture, _ fields: String) throws -> HTTPFields {
        _ = try exchange(gateway, "GET /x HTTP/1.1\nHost: shop.example:81\n\(fields)\n")
        return try #require(gateway.payments.received.last).fields
    }

    // MARK: - Where a request comes from

    @Test func withoutTrustedProxiesOnlyThePeerCounts() async throws {
        try await GatewayFixture.run(Self.yaml()) { gateway in
            let fields = try Self.forwarded(
                gateway,
                """
                X-Forwarded-For: 6.6.6.6
                X-Forwarded-Proto: https
                X-Forwarded-Host: evil.example
                X-Forwarded-Port: 1
                X-Forwarded-Anything: 1
                Forwarded: for=6.6.6.6;proto=https

                """)
            #expect(fields[values: .forwardedFor] == ["127.0.0.1"])
            #expect(fields[values: .forwardedProto] == ["http"])
            #expect(fields[values: .forwardedHost] == ["shop.example:81"])
            #expect(fields[values: .forwarded] == ["for=127.0.0.1;proto=http;host=\"shop.example:81\""])
            #expect(fields.allSatisfy { !$0.name.canonicalName.hasSuffix("-port") && !$0.value.contains("6.6.6.6") })
        }
    }

    @Test func theEntriesOfTrustedProxiesAreKept() async throws {
        try await GatewayFixture.run(Self.yaml(limits: "{ trusted_proxies: 2 }")) { gateway in
            let fields = try Self.forwarded(
                gateway,
                """
                X-Forwarded-For: 6.6.6.6
                X-Forwarded-For: 2001:db8::1, 10.0.0.8
                X-Forwarded-Proto: https
                X-Forwarded-Host: a.example
                Forwarded: for=6.6.6.6

                """)
            #expect(fields[values: .forwardedFor] == ["2001:db8::1, 10.0.0.8, 127.0.0.1"])
            #expect(fields[values: .forwardedProto] == ["https"])
            #expect(fields[values: .forwardedHost] == ["a.example"])
            let chain = "for=\"[2001:db8::1]\";proto=https;host=\"a.example\", for=10.0.0.8, for=127.0.0.1"
            #expect(fields[values: .forwarded] == [chain])
            #expect(gateway.observed.notes.last?.client == "2001:db8::1")
            // Also where there is no route.
            _ = try Self.exchange(gateway, "GET /y HTTP/1.1\nHost: a\nX-Forwarded-For: 192.0.2.7, 10.0.0.8\nA_B: c\n\n")
            #expect(gateway.observed.notes.last?.client == "192.0.2.7")
        }
    }

    @Test func aRequestThatWentPastTheProxiesIsItsPeers() async throws {
        try await GatewayFixture.run(Self.yaml(limits: "{ trusted_proxies: 2 }")) { gateway in
            let fields = try Self.forwarded(gateway, "X-Forwarded-For: 6.6.6.6\nX-Forwarded-Proto: https\n")
            #expect(fields[values: .forwardedFor] == ["127.0.0.1"])
            #expect(fields[values: .forwardedProto] == ["http"])
            #expect(gateway.observed.notes.last?.client == "127.0.0.1")
        }
    }

    // MARK: - What does not cross

    @Test func hopByHopFieldsEndHere() async throws {
        try await GatewayFixture.run(Self.yaml()) { gateway in
            let fields = try Self.forwarded(
                gateway,
                """
                Connection: keep-alive, X-Secret, close-not
                X-Secret: 1
                Keep-Alive: timeout=5
                Proxy-Connection: keep-alive
                Proxy-Authorization: Basic x
                TE: trailers
                Trailer: X-Later
                Upgrade: h2c
                X-Kept: 1

                """)
            let names = Set(fields.map(\.name.canonicalName))
            #expect(names.contains("x-kept"))
            let gone: Set = [
                "x-secret", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "upgrade",
                "connection",
            ]
            #expect(names.isDisjoint(with: gone), "\(names.intersection(gone))")
        }
    }

    /// A trailer has passed no filter: it must not become a header of the service.
    @Test func trailersOfARequestEndHere() async throws {
        try await GatewayFixture.run(Self.yaml()) { gateway in
            let answer = try Self.exchange(
                gateway,
                "POST /x HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n1\nx\n0\nX-User-Id: usr_2\nX-A: 1\n\n")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(gateway.payments.received.last?.body == [0x78])
            #expect(gateway.payments.received.last?.trailers.isEmpty == true)
        }
    }

    @Test(arguments: ["X_User_Id: usr_2", "x-forwarded_for: 1.1.1.1", "_: 1", "Content_Length: 5"])
    func underscoresAreRefused(line: String) async throws {
        try await GatewayFixture.run(Self.yaml()) { gateway in
            let answer = try Self.exchange(gateway, "GET /x HTTP/1.1\nHost: a\n\(line)\n\n")
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("\"code\":\"underscore_in_header_name\""))
            #expect(answer.contains("X-Content-Type-Options: nosniff"))
            #expect(gateway.payments.received.isEmpty)
            #expect(gateway.observed.notes.last?.reason == "underscore_in_header_name")
        }
    }

    @Test func underscoresAreDroppedWhenAskedFor() async throws {
        try await GatewayFixture.run(Self.yaml(limits: "{ underscores: drop }")) { gateway in
            let fields = try Self.forwarded(gateway, "X_User_Id: usr_2\nX-Kept: a_b\nx_y: 1\n")
            #expect(fields.allSatisfy { !$0.name.rawName.contains("_") })
            #expect(fields[.init("X-Kept")!] == "a_b")
        }
    }

    @Test func anUnderscoreInAValueIsNoOffence() async throws {
        try await GatewayFixture.run(Self.yaml()) { gateway in
            let answer = try Self.exchange(gateway, "GET /a_b?c_d HTTP/1.1\nHost: a_b\nX-Kept: a_b\n\n")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
        }
    }

    // MARK: - What a route changes

    @Test func aRouteSetsAddsAndRemovesFields() async throws {
        let route = """
            , request_headers: { set: { X-Set: "1" }, add: { X-Add: "2" }, remove: [X-Gone] },
            response_headers: { set: { X-Out: "a" }, add: { X-More: "b" }, remove: [X-Inner, X-Frame-Options] }
            """
        try await GatewayFixture.run(Self.yaml(route: route)) { gateway in
            gateway.payments.answer { _ in
                var fields: HTTPFields = [.init("X-Out")!: "inner", .init("X-More")!: "inner", .init("X-Inner")!: "1"]
                fields[.frameOptions] = "ALLOWALL"
                return Response(fields: fields, body: .bytes([1]))
            }
            let sent: HTTPFields = [.init("x-set")!: "0", .init("x-add")!: "0", .init("x-gone")!: "0"]
            let answer = try await gateway.send(.get, "/x", fields: sent)
            let received = try #require(gateway.payments.received.last).fields
            #expect(received[values: .init("X-Set")!] == ["1"])
            #expect(received[values: .init("X-Add")!] == ["0", "2"])
            #expect(received[.init("X-Gone")!] == nil)
            #expect(answer.fields[values: .init("X-Out")!] == ["a"])
            #expect(answer.fields[values: .init("X-More")!] == ["inner", "b"])
            #expect(answer.fields[.init("X-Inner")!] == nil)
            #expect(answer.fields[.frameOptions] == nil)
        }
    }

    @Test(arguments: [
        "request_headers: { set: { Host: a } }", "request_headers: { add: { Transfer-Encoding: chunked } }",
        "request_headers: { set: { tollgate-identity: x } }", "request_headers: { set: { X-User-Id: x } }",
        "request_headers: { remove: [Content-Length] }", "request_headers: { set: { X-Forwarded-For: x } }",
        "response_headers: { set: { Connection: close } }", "response_headers: { remove: [X-Request-Id] }",
        "response_headers: { add: { RateLimit: x } }", "request_headers: { set: { X_A: x } }",
        "request_headers: { set: { \"X A\": x } }", "request_headers: { set: { X-A: \"a\\r\\nX-B: c\" } }",
        "request_headers: { set: { X-A: \"a\\0\" } }", "request_headers: { set: { X-A: 1 }, remove: [x-a] }",
    ])
    func fieldsOfTheGatewaysOwnAreRefused(keys: String) {
        let yaml = Self.yaml(route: ", \(keys)").replacing("${USERS}", with: "http://h")
            .replacing("${PAYMENTS}", with: "http://h")
        #expect(throws: ConfigurationErrors.self) { try GatewayConfiguration(parsing: yaml, environment: [:]) }
    }

    // MARK: - Security fields

    @Test func everyAnswerHasTheSecurityFields() async throws {
        try await GatewayFixture.run { gateway in
            let targets = [("/open/x", 200), ("/nowhere", 404), ("/closed", 401)]
            for (target, status) in targets {
                let answer = try await gateway.send(.get, target)
                #expect(answer.status == status)
                #expect(answer.fields[values: .xContentTypeOptions] == ["nosniff"])
                #expect(answer.fields[values: .referrerPolicy] == ["no-referrer"])
                #expect(answer.fields[values: .frameOptions] == ["DENY"])
                #expect(answer.fields[.strictTransportSecurity] == nil)
            }
        }
    }

    @Test func aServicesOwnFieldsStay() async throws {
        let rest = "security_headers: { referrer_policy: \"off\", strict_transport_security: max-age=60 }"
        try await GatewayFixture.run(Self.yaml(rest: rest)) { gateway in
            gateway.payments.answer { _ in Response(fields: [.init("x-frame-options")!: "SAMEORIGIN"]) }
            let answer = try await gateway.send(.get, "/x")
            #expect(answer.fields[values: .frameOptions] == ["SAMEORIGIN"])
            #expect(answer.fields[values: .xContentTypeOptions] == ["nosniff"])
            #expect(answer.fields[values: .strictTransportSecurity] == ["max-age=60"])
            #expect(answer.fields[.referrerPolicy] == nil)
        }
    }

    @Test func securityFieldsCanBeSwitchedOff() async throws {
        try await GatewayFixture.run(Self.yaml(rest: "security_headers: \"off\"")) { gateway in
            let answer = try await gateway.send(.get, "/x")
            #expect(answer.fields[.xContentTypeOptions] == nil)
            #expect(answer.fields[.frameOptions] == nil)
        }
    }
}
