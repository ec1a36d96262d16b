import Chassis
import Crypto
import HTTP
import HTTPTypes
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite struct AccessTests {
    @Test func aRouteThatSaysNothingNeedsAToken() async throws {
        try await GatewayFixture.run { gateway in
            let answer = try await gateway.send(.get, "/closed")
            #expect(answer.status == 401)
            #expect(answer.fields[.wwwAuthenticate] == "Bearer realm=\"tollgate\"")
            try await gateway.expect(200, .get, "/closed", token: gateway.token)
            #expect(gateway.users.received.map(\.target) == ["/keys", "/closed"])
            #expect(gateway.observed.notes.last?.caller == "usr_1")
        }
    }

    @Test func theServiceIsToldWhoCalls() async throws {
        try await GatewayFixture.run { gateway in
            _ = try await gateway.send(.get, "/api/v1/me", token: gateway.token)
            let received = try #require(gateway.users.received.last)
            #expect(received.target == "/v1/me")
            let parts = try #require(received.fields[.tollgateIdentity]).split(separator: ".")
            let claims = try JSONValue(parsing: try #require(Base64URL.decode(String(parts[1]))))
            #expect(claims["sub"] == .string("usr_1"))
            #expect(claims["aud"] == .string("users"))
            #expect(claims["iss"] == .string("gateway"))
        }
    }

    @Test func aMissingScopeIs403() async throws {
        try await GatewayFixture.run { gateway in
            let answer = try await gateway.send(.get, "/api/v1/admin", token: gateway.token)
            #expect(answer.status == 403)
            #expect(answer.fields[.wwwAuthenticate]?.contains("insufficient_scope") == true)
            #expect(gateway.users.received.map(\.target) == ["/keys"])
        }
    }

    @Test func badTokensAreOneAnswerAndManyReasons() async throws {
        try await GatewayFixture.run { gateway in
            let now = gateway.clock.now
            let tokens = [
                ("junk", "token_malformed"),
                (String(repeating: "a", count: 9_000), "token_too_long"),
                (
                    TestIssuer.sign(header: #"{"alg":"none"}"#, claims: TestIssuer.claims(now: now)),
                    "token_algorithm_none"
                ),
                (TestIssuer.sign(claims: "{}"), "token_issuer"),
                (TestIssuer.sign(claims: TestIssuer.claims(now: now - 3_600_000)), "token_expired"),
                (
                    TestIssuer.sign(claims: TestIssuer.claims(now: now), key: P256.Signing.PrivateKey()),
                    "token_signature"
                ),
            ]
            for (token, reason) in tokens {
                let answer = try await gateway.send(.get, "/closed", token: token)
                #expect(answer.status == 401)
                #expect(answer.text.contains("\"code\":\"invalid_token\""))
                #expect(!answer.text.contains(reason))
                #expect(gateway.observed.notes.last?.reason == reason)
            }
            #expect(!gateway.users.received.contains { $0.target == "/closed" })
        }
    }

    /// Whatever stands in `kid`: it names a key of the set or none, and is neither path nor statement.
    @Test(arguments: [
        "../../../../dev/null", "/dev/null", "key-1\\u0000", "' OR '1'='1", "key-1' UNION SELECT 'x", "$(id)", "key-1 ",
        "KEY-1", "http://evil.example/key", "\\u202ekey-1",
    ])
    func aKeyIDIsOnlyAName(id: String) async throws {
        try await GatewayFixture.run { gateway in
            try await gateway.expect(200, .get, "/closed", token: gateway.token)
            let header = TestIssuer.header.replacing("key-1", with: id)
            for key in [TestIssuer.key, P256.Signing.PrivateKey()] {
                let token = TestIssuer.sign(
                    header: header, claims: TestIssuer.claims(now: gateway.clock.now), key: key)
                try await gateway.expect(401, .get, "/closed", token: token)
                #expect(gateway.observed.notes.last?.reason == "token_unknown_key")
            }
            #expect(gateway.users.received.allSatisfy { ["/keys", "/closed"].contains($0.target) })
        }
    }

    /// A public key is no HMAC secret, and a signature is not one of other claims.
    @Test func confusedAndTamperedTokensAreRefused() async throws {
        try await GatewayFixture.run { gateway in
            let now = gateway.clock.now
            let parts = gateway.token.split(separator: ".").map(String.init)
            func signed(_ header: String) -> String {
                let text = Base64URL.encode(Array(header.utf8)) + "." + parts[1]
                let secrets = [
                    Array(TestIssuer.key.publicKey.rawRepresentation),
                    Array(TestIssuer.key.publicKey.pemRepresentation.utf8),
                ]
                let code = HMAC<SHA256>.authenticationCode(
                    for: Array(text.utf8), using: SymmetricKey(data: secrets[header.utf8.count % 2]))
                return text + "." + Base64URL.encode(Array(code))
            }
            let richer = TestIssuer.claims(now: now, changing: "scope", to: "\"admin\"")
            let cases = [
                (signed(#"{"alg":"HS256","typ":"at+jwt","kid":"key-1"}"#), "token_algorithm_hmac"),
                (signed(#"{"alg":"HS256","typ":"at+jwt", "kid":"key-1"}"#), "token_algorithm_hmac"),
                ("\(parts[0]).\(Base64URL.encode(Array(richer.utf8))).\(parts[2])", "token_signature"),
                (
                    TestIssuer.sign(claims: TestIssuer.claims(now: now, changing: "nbf", to: "\(now / 1_000 + 61)")),
                    "token_not_yet_valid"
                ),
                (
                    TestIssuer.sign(claims: TestIssuer.claims(now: now, changing: "aud", to: "\"other\"")),
                    "token_audience"
                ),
            ]
            for (token, reason) in cases {
                try await gateway.expect(401, .get, "/closed", token: token)
                #expect(gateway.observed.notes.last?.reason == reason)
            }
            #expect(!gateway.users.received.contains { $0.target == "/closed" })
        }
    }

    @Test(arguments: ["Basic dXNlcjpwdw==", "Bearer", "Bearer ", "bearer"])
    func otherCredentialsAreNoToken(value: String) async throws {
        try await GatewayFixture.run { gateway in
            let answer = try await gateway.send(.get, "/closed", fields: [.authorization: value])
            #expect(answer.status == 401)
            #expect(answer.text.contains("authentication_required"))
        }
    }

    @Test func aRememberedTokenStillExpires() async throws {
        try await GatewayFixture.run { gateway in
            let token = gateway.token
            for _ in 0..<3 { try await gateway.expect(200, .get, "/closed", token: token) }
            gateway.clock.advance(seconds: 661)
            try await gateway.expect(401, .get, "/closed", token: token)
        }
    }

    @Test func aNewKeyIsFetchedAndAWithdrawnOneNoLongerTrusted() async throws {
        let yaml = GatewayFixture.yaml.replacing("path: /keys }", with: "path: /keys, cool_down: 1ms, refresh: 1h }")
        try await GatewayFixture.run(yaml) { gateway in
            let old = gateway.token
            try await gateway.expect(200, .get, "/closed", token: old)
            let key = P256.Signing.PrivateKey()
            let keySet = TestIssuer.keySet(of: key, id: "key-2")
            gateway.users.answer { $0.target == "/keys" ? .json(keySet) : .empty(.ok) }
            let new = TestIssuer.sign(
                header: TestIssuer.header.replacing("key-1", with: "key-2"),
                claims: TestIssuer.claims(now: gateway.clock.now), key: key)
            try await waitUntil("the new key is accepted") {
                try await gateway.send(.get, "/closed", token: new).status == 200
            }
            try await gateway.expect(401, .get, "/closed", token: old)
        }
    }

    @Test func aFloodOfUnknownKeysIsOneFetch() async throws {
        try await GatewayFixture.run { gateway in
            try await gateway.expect(200, .get, "/closed", token: gateway.token)
            let claims = TestIssuer.claims(now: gateway.clock.now)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<50 {
                    let header = TestIssuer.header.replacing("key-1", with: "unknown-\(index)")
                    let token = TestIssuer.sign(header: header, claims: claims)
                    group.addTask { try await gateway.send(.get, "/closed", token: token).status }
                }
                for try await status in group { #expect(status == 401) }
            }
            #expect(gateway.users.received.filter { $0.target == "/keys" }.count == 1)
            try await gateway.expect(200, .get, "/closed", token: gateway.token)
        }
    }

    @Test func withoutAnyKeyNobodyIsCalledAStranger() async throws {
        try await GatewayFixture.run { gateway in
            gateway.users.answer { _ in .text("junk") }
            let answer = try await gateway.send(.get, "/closed", token: gateway.token)
            #expect(answer.status == 503)
            #expect(answer.fields[.retryAfter] == "1")
        }
    }

    // MARK: - Limits

    @Test func theThirdOfTwoIsRefused() async throws {
        try await GatewayFixture.run { gateway in
            for left in [1, 0] {
                let answer = try await gateway.send(.get, "/limited")
                #expect(answer.status == 200)
                #expect(answer.fields[.rateLimitPolicy] == "\"tight\";q=2;w=3600")
                #expect(answer.fields[.rateLimit]?.hasPrefix("\"tight\";r=\(left);t=") == true)
            }
            let refused = try await gateway.send(.get, "/limited")
            #expect(refused.status == 429)
            let seconds = try #require(refused.fields[.retryAfter])
            #expect(refused.fields[.rateLimit] == "\"tight\";r=0;t=\(seconds)")
            #expect(refused.fields[.rateLimitPolicy] == "\"tight\";q=2;w=3600")
            #expect((1...1_800).contains(Int(seconds) ?? 0))
            #expect(gateway.payments.received.count == 2)
            #expect(gateway.observed.notes.last?.reason == "rate_limited")
        }
    }

    @Test func usersAreLimitedOneByOne() async throws {
        try await GatewayFixture.run { gateway in
            let other = TestIssuer.sign(
                claims: TestIssuer.claims(now: gateway.clock.now, changing: "sub", to: "\"usr_2\""))
            for _ in 0..<2 {
                try await gateway.expect(200, .get, "/limited-user", token: gateway.token)
            }
            try await gateway.expect(429, .get, "/limited-user", token: gateway.token)
            try await gateway.expect(200, .get, "/limited-user", token: other)
        }
    }

    @Test func observingTellsButDoesNotRefuse() async throws {
        try await GatewayFixture.run(rateLimits: .observe) { gateway in
            for _ in 0..<5 { try await gateway.expect(200, .get, "/limited") }
            let told = try await gateway.send(.get, "/limited").fields[.rateLimit]
            #expect(told?.hasPrefix("\"tight\";r=0") == true)
            let text = String(decoding: gateway.metrics.exposition(), as: UTF8.self)
            #expect(text.contains("gateway_rate_limit_decisions_total{limit=\"tight\",decision=\"refused\"} 4"))
        }
    }

    @Test func offIsOff() async throws {
        try await GatewayFixture.run(rateLimits: .off) { gateway in
            for _ in 0..<5 {
                let answer = try await gateway.send(.get, "/limited")
                #expect(answer.status == 200)
                #expect(answer.fields[.rateLimit] == nil)
            }
        }
    }

    // MARK: - Aggregates

    @Test func anOverviewOfAllPartsIsComplete() async throws {
        try await GatewayFixture.run { gateway in
            gateway.payments.answer { _ in .json(Array(#"{"data":[{"id":"acct_1"}]}"#.utf8)) }
            let whole = try await gateway.send(.get, "/overview", token: gateway.token)
            #expect(whole.text == #"{"profile":{"id":"usr_1"},"accounts":[{"id":"acct_1"}],"missing":[]}"#)
            #expect(whole.fields[.tollgateCompleteness] == "complete")
            let asked = gateway.payments.received + gateway.users.received
            #expect(asked.filter { $0.target != "/keys" }.allSatisfy { $0.fields[.tollgateIdentity] != nil })
        }
    }

    @Test func anOptionalPartThatHangsIsMissing() async throws {
        let yaml = GatewayFixture.yaml.replacing("pick: data, timeout: 10s", with: "pick: data, timeout: 200ms")
        try await GatewayFixture.run(yaml) { gateway in
            gateway.payments.answer { _ in
                try await Task.sleep(for: .seconds(30))
                return .empty()
            }
            let partial = try await gateway.send(.get, "/overview", token: gateway.token)
            #expect(partial.status == 200)
            #expect(partial.text == #"{"profile":{"id":"usr_1"},"accounts":null,"missing":["accounts"]}"#)
            #expect(partial.fields[.tollgateCompleteness] == "partial")
            #expect(gateway.observed.notes.last?.reason?.hasPrefix("accounts: payments deadline_exceeded") == true)
        }
    }

    @Test func withoutTheRequiredPartThereIsNoOverview() async throws {
        try await GatewayFixture.run { gateway in
            let keys = TestIssuer.keySet
            gateway.users.answer { received in
                received.target == "/keys" ? .json(keys) : .text("broken", status: .internalServerError)
            }
            let failed = try await gateway.send(.get, "/overview", token: gateway.token)
            #expect(failed.status == 502)
            #expect(!failed.text.contains("broken"))
        }
    }
}
