import Chassis
import Crypto
import HTTP
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite struct IssuerTests {
    private static let issuers = """
        authentication:
          issuers:
            own:
              issuer: tollgate
              audience: tollgate
              jwks: { upstream: users, path: /keys }
              subject_prefix: none
              claims_to_headers: { tenant: X-Tenant }
            partner:
              issuer: partner
              audience: [other, tollgate]
              jwks: { url: "${PAYMENTS}/partner-keys" }
              algorithms: [RS256, EdDSA]
              scopes: [payments:write]
              roles: [auditor]
              claims_to_headers: { tenant: X-Tenant, groups: X-Groups }
        """

    private static let yaml = GatewayFixture.yaml.replacing(
        """
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        """, with: issuers)

    private static func run(_ body: @Sendable (GatewayFixture) async throws -> Void) async throws {
        try await GatewayFixture.run(yaml) { gateway in
            gateway.payments.answer { received in
                guard received.target == "/partner-keys" else { return .json(Array("{}".utf8)) }
                // The partner publishes a key of the same name as ours, too.
                return .json(TestIssuer.keySet([("rsa", .rsa2048), ("ed", .ed25519), ("key-1", .ed25519)]))
            }
            try await body(gateway)
        }
    }

    private static func claims(_ gateway: GatewayFixture, changing name: String? = nil, to value: String? = nil)
        -> String
    {
        TestIssuer.claims(now: gateway.clock.now, changing: name, to: value)
            .replacing("\"iss\":\"tollgate\"", with: "\"iss\":\"partner\"")
    }

    @Test func eachIssuerIsCheckedByItsOwnKeys() async throws {
        try await Self.run { gateway in
            let theirs = Self.claims(gateway)
            try await gateway.expect(200, .get, "/closed", token: gateway.token)
            for (key, id) in [(TestKey.rsa2048, "rsa"), (.ed25519, "ed")] {
                try await gateway.expect(200, .get, "/closed", token: TestIssuer.token(theirs, with: key, id: id))
            }
            let ours = TestIssuer.claims(now: gateway.clock.now)
            let refused = [
                // A good signature of the other issuer's key under our name, and the reverse.
                (TestIssuer.token(ours, with: .ed25519, id: "key-1"), "token_algorithm"),
                (TestIssuer.token(theirs, with: .ecdsa(TestIssuer.key), id: "key-1"), "token_algorithm"),
                (TestIssuer.token(theirs, with: .rsa2048, id: "ed"), "token_key_type"),
                (TestIssuer.token(theirs, with: .ed25519, id: "rsa"), "token_key_type"),
                (TestIssuer.token(ours, with: .ecdsa(P256.Signing.PrivateKey()), id: "key-1"), "token_signature"),
                (
                    TestIssuer.token(
                        ours.replacing("\"iss\":\"tollgate\"", with: "\"iss\":\"nobody\""),
                        with: .ecdsa(TestIssuer.key), id: "key-1"), "token_issuer"
                ),
            ]
            for (token, reason) in refused {
                try await gateway.expect(401, .get, "/closed", token: token)
                #expect(gateway.observed.notes.last?.reason == reason)
            }
        }
    }

    @Test func anIssuerSpeaksOfItsOwnUsersAndGrantsWhatItMay() async throws {
        try await Self.run { gateway in
            let claims = Self.claims(gateway, changing: "scope", to: "\"users:read payments:write admin\"")
                .replacing("\"roles\":[]", with: #""roles":["admin","auditor"]"#)
            let token = TestIssuer.token(claims, with: .ed25519, id: "ed")
            try await gateway.expect(200, .get, "/closed", token: token)
            #expect(gateway.observed.notes.last?.caller == "partner:usr_1")
            let identity = try Self.identity(gateway)
            #expect(identity["sub"] == .string("partner:usr_1"))
            try await gateway.expect(403, .get, "/api/v1/me", token: token)
            try await gateway.expect(403, .get, "/api/v1/admin", token: token)
        }
    }

    private static func identity(_ gateway: GatewayFixture) throws -> JSONValue {
        let parts = try #require(gateway.users.received.last?.fields[.tollgateIdentity]).split(separator: ".")
        return try JSONValue(parsing: try #require(Base64URL.decode(String(parts[1]))))
    }

    // MARK: - Claims in fields

    @Test func claimsAreToldAndClientsCannotTellThem() async throws {
        try await Self.run { gateway in
            let claims = Self.claims(gateway, changing: "tenant", to: "\"acme\"")
                .replacing("{\"iss\"", with: #"{"groups":["a","b"],"iss""#)
            let token = TestIssuer.token(claims, with: .ed25519, id: "ed")
            let forged: HTTPFields = [.tenant: "evil", .groups: "root"]
            _ = try await gateway.send(.get, "/closed", fields: forged, token: token)
            var received = try #require(gateway.users.received.last)
            #expect(received.fields[values: .tenant] == ["acme"])
            #expect(received.fields[values: .groups] == ["a,b"])
            // Absent in the token, and absent with the token.
            _ = try await gateway.send(.get, "/closed", fields: forged, token: gateway.token)
            received = try #require(gateway.users.received.last)
            #expect(received.fields[.tenant] == nil && received.fields[.groups] == nil)
            _ = try await gateway.send(.get, "/open/x", fields: forged)
            received = try #require(gateway.payments.received.last)
            #expect(received.target == "/x")
            #expect(received.fields[.tenant] == nil && received.fields[.groups] == nil)
        }
    }

    @Test(
        arguments: [
            (#""acme""#, "acme"), ("7", "7"), ("true", "true"), (#"["a",1,false]"#, "a,1,false"), (#""José""#, "José"),
            (#""a b""#, "a b"), ("[]", nil),
            (#""a\r\nX-Admin: yes""#, nil), (#""a\u0000""#, nil), (#""a\u007f""#, nil), (#""a\u0085""#, nil),
            (#""\ta""#, nil), (#"" a""#, nil), (#""a ""#, nil), (#""""#, nil), ("1.5", nil), ("null", nil), ("{}", nil),
            (#"["a,b"]"#, nil), (#"["a",null]"#, nil), (#"[["a"]]"#, nil), (#"["a","b\n"]"#, nil),
        ] as [(String, String?)])
    func claimsAreToldAsTheyAreOrNotAtAll(json: String, expected: String?) throws {
        #expect(ClaimFields.text(try JSONValue(parsing: Array(json.utf8))) == expected)
    }

    @Test func longClaimsAreLeftOut() {
        #expect(ClaimFields.text(.string(String(repeating: "a", count: 1_024))) != nil)
        #expect(ClaimFields.text(.string(String(repeating: "a", count: 1_025))) == nil)
    }

    // MARK: - Configuration

    private func issues(_ replaced: String, _ replacement: String) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try GatewayConfiguration(
                parsing: Self.yaml.replacing(replaced, with: replacement),
                environment: ["USERS": "http://u:1", "PAYMENTS": "http://p:1"])
            return []
        } catch {
            return error.issues.map(\.description)
        }
    }

    @Test(arguments: [
        ("algorithms: [RS256, EdDSA]", "algorithms: [HS256]", "must be ES256 or RS256 or EdDSA, not \"HS256\""),
        ("algorithms: [RS256, EdDSA]", "algorithms: [none]", "must be ES256 or RS256 or EdDSA, not \"none\""),
        ("algorithms: [RS256, EdDSA]", "algorithms: []", "must name at least one algorithm"),
        ("issuer: partner", "issuer: tollgate", "\"own\" has the same issuer"),
        ("\"${PAYMENTS}/partner-keys\"", "https://p/keys", "the gateway speaks no TLS to key servers"),
        ("\"${PAYMENTS}/partner-keys\"", "http://p", "must be http://host:port/path"),
        ("{ upstream: users, path: /keys }", "{ upstream: users }", "needs the key \"path\" beside it"),
        ("{ upstream: users, path: /keys }", "{ upstream: nobody, path: /k }", "unknown upstream \"nobody\""),
        ("{ upstream: users, path: /keys }", "{ file: /k, url: http://h/k }", "needs either \"upstream\""),
        ("{ upstream: users, path: /keys }", "{ file: /k, path: /k }", "needs either \"upstream\""),
        ("groups: X-Groups", "groups: Host", "must be a field of its own"),
        ("groups: X-Groups", "groups: X-Forwarded-For", "must be a field of its own"),
        ("groups: X-Groups", "groups: X_Groups", "must be a field of its own"),
        ("groups: X-Groups", "groups: \"X-A\\r\\nB\"", "must be a field of its own"),
        ("subject_prefix: none", "subject_prefix: \"a b\"", "must be up to 64 printable characters"),
        ("audience: tollgate", "audience: []", "must name at least one audience"),
        ("    own:", "    issuer: x\n    own:", "must be a mapping"),
        ("  issuers:", "  issuer: x\n  issuers:", "unknown key \"issuer\""),
    ])
    func mistakesAreFound(replaced: String, replacement: String, expected: String) {
        let found = issues(replaced, replacement)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func theFormsMeanTheSame() throws {
        #expect(issues("issuer: partner", "issuer: partner").isEmpty)
        let environment = ["USERS": "http://u:1", "PAYMENTS": "http://p:1"]
        let long = try GatewayConfiguration(parsing: Self.yaml, environment: environment)
        let short = try GatewayConfiguration(parsing: GatewayFixture.yaml, environment: environment)
        #expect(long.authentication?.issuers.map(\.subjectPrefix) == ["", "partner:"])
        #expect(
            long.authentication?.issuers.map(\.keys)
                == [.upstream("users", path: "/keys"), .address(host: "p", port: 1, path: "/partner-keys")])
        let only = try #require(short.authentication?.issuers.first)
        #expect(only.subjectPrefix.isEmpty && only.algorithms == [.es256] && only.tokenType == "at+jwt")
        #expect(long.claimFields == ["X-Tenant", "X-Tenant", "X-Groups"])
    }
}

extension HTTPField.Name {
    fileprivate static let tenant = Self("X-Tenant")!
    fileprivate static let groups = Self("X-Groups")!
}
