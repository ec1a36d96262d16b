import Chassis
import HTTP
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite struct APIKeyTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}" }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        projection: { upstream: users, lookups_per_second: 5, report_uses: 1h }
        routes:
          - { name: read, path: /read, upstream: payments, auth: [token, api_key], scopes: [payments:read] }
          - { name: write, path: /write, upstream: payments, auth: [token, api_key], scopes: [payments:write] }
          - { name: keys, path: /keys-only, upstream: payments, auth: api_key }
          - { name: dear, path: /dear, upstream: payments, auth: api_key, cost: 5 }
          - { name: tokens, path: /tokens-only, upstream: payments }
          - { name: log-out, path: /log-out, methods: [DELETE], upstream: users, ends_session: true }
        """

    private func run(
        _ body: @Sendable (GatewayFixture, FakeUserService, IdentityProjection) async throws -> Void
    ) async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let service = FakeUserService()
            gateway.users.answer(service.answer)
            try await body(gateway, service, try #require(gateway.gateway.projection))
        }
    }

    @Test func aKeyIsCheckedHereAndNeverForwarded() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1", scopes: ["payments:read", "users:read"])
            await projection.follow()
            for _ in 0..<20 { try await gateway.expect(200, key: secret) }
            #expect(gateway.users.received.filter { $0.target.contains("by-hash") }.isEmpty)
            let received = try #require(gateway.payments.received.last)
            #expect(received.fields[.apiKey] == nil)
            let parts = try #require(received.fields[.tollgateIdentity]).split(separator: ".")
            let claims = try JSONValue(parsing: try #require(Base64URL.decode(String(parts[1]))))
            #expect(claims["sub"]?.string == "usr_9" && claims["key_id"]?.string == "key_1" && claims["sid"] == nil)
            #expect(claims["scope"]?.string == "payments:read users:read")
            #expect(gateway.observed.notes.last?.caller == "usr_9")
        }
    }

    @Test func scopesAreThoseOfTheKey() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            await projection.follow()
            let answer = try await gateway.send("/write", key: secret)
            #expect(answer.status == 403 && answer.text.contains("insufficient_scope"))
            #expect(gateway.payments.received.isEmpty)
        }
    }

    @Test func eachRouteSaysWhatItTakes() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            await projection.follow()
            let (token, key): (HTTPFields, HTTPFields) = (
                [.authorization: "Bearer \(gateway.token)"], [.apiKey: secret.exposed]
            )
            for (path, fields, status) in [
                ("/keys-only", key, 200), ("/keys-only", token, 401), ("/keys-only", [:], 401),
                ("/tokens-only", token, 200), ("/tokens-only", key, 401), ("/read", [:], 401),
                ("/tokens-only", [.authorization: "Bearer \(secret.exposed)"], 401),
            ] {
                let answer = try await gateway.send(.get, path, fields: fields)
                #expect(answer.status == status, "\(path) \(answer.text)")
                #expect((answer.fields[.wwwAuthenticate] != nil) == (status == 401))
            }
        }
    }

    /// Whether the key is in the loop's memory or not: two credentials are never one answer.
    @Test func twoCredentialsAreAmbiguous() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1").exposed
            await projection.follow()
            for _ in 0..<2 {
                var twice: HTTPFields = [.apiKey: secret]
                twice.append(HTTPField(name: .apiKey, value: secret))
                for fields in [[.apiKey: secret, .authorization: "Bearer \(gateway.token)"], twice] as [HTTPFields] {
                    let answer = try await gateway.send(.get, "/read", fields: fields)
                    #expect(answer.status == 400 && answer.text.contains("ambiguous_credentials"))
                    #expect(gateway.observed.notes.last?.reason == "api_key_ambiguous")
                }
                let single = try await gateway.send(.get, "/read", fields: [.apiKey: secret])
                #expect(single.status == 200)
            }
        }
    }

    @Test func whatIsNoKeyIsRefusedWithoutAQuestion() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1").exposed
            for value in ["junk", "tg_", secret + "0", String(secret.dropLast()) + "!", secret.uppercased()] {
                let answer = try await gateway.send(.get, "/read", fields: [.apiKey: value])
                #expect(answer.status == 401 && answer.text.contains("invalid_api_key"))
                #expect(gateway.observed.notes.last?.reason == "api_key_malformed")
            }
            #expect(gateway.users.received.isEmpty)
        }
    }

    /// A key that the feed has not told of yet is found, by fifty requests with one question.
    @Test func anUnknownKeyIsLookedUpOnce() async throws {
        try await run { gateway, service, projection in
            await projection.follow()
            let secret = service.add("key_1")
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 { group.addTask { try await gateway.send("/read", key: secret).status } }
                for try await status in group { #expect(status == 200) }
            }
            #expect(gateway.users.received.filter { $0.target.contains("by-hash") }.count == 1)
            #expect(!gateway.users.received.contains { $0.target.contains(secret.exposed) })
        }
    }

    @Test func aFloodOfMadeUpKeysIsBounded() async throws {
        try await run { gateway, service, projection in
            let good = service.add("key_1")
            await projection.follow()
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<200 { group.addTask { try await gateway.send("/read", key: .random()).status } }
                for try await status in group { #expect(status == 401 || status == 503) }
            }
            let seconds = (ContinuousClock.now - start).components.seconds
            let lookups = gateway.users.received.filter { $0.target.contains("by-hash") }.count
            #expect(lookups >= 5 && lookups <= 5 * (Int(seconds) + 2))
            try await gateway.expect(200, key: good)
            let made = APIKeySecret.random()
            try await waitUntil("an unknown key is asked for again") {
                try await gateway.send("/read", key: made).status == 401
            }
        }
    }

    @Test func aRevokedKeyIsRefusedOnceTheFeedSaysSo() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            await projection.follow()
            try await gateway.expect(200, key: secret)
            service.revoke("key_1")
            try await gateway.expect(200, key: secret)
            await projection.follow()
            let refused = try await gateway.send("/read", key: secret)
            #expect(refused.status == 401 && refused.text.contains("invalid_api_key"))
            #expect(gateway.observed.notes.last?.reason == "api_key_unknown")
        }
    }

    @Test func anExpiredKeyIsRefusedAlsoFromMemory() async throws {
        try await run { gateway, service, projection in
            let end = RFC3339.string(gateway.clock.now + 1_000)
            let secret = service.add("key_1", more: #","expires_at":"\#(end)""#)
            await projection.follow()
            try await gateway.expect(200, key: secret)
            gateway.clock.advance(seconds: 1)
            try await gateway.expect(401, key: secret)
            #expect(gateway.observed.notes.last?.reason == "api_key_expired")
        }
    }

    @Test func theSecretBeforeIsGoodForTheOverlap() async throws {
        try await run { gateway, service, projection in
            let old = service.add("key_1")
            await projection.follow()
            try await gateway.expect(200, key: old)
            let until = RFC3339.string(gateway.clock.now + 1_000)
            let hash = Base64URL.encode(old.hash)
            let new = service.add("key_1", more: #","previous_hash":"\#(hash)","previous_until":"\#(until)""#)
            await projection.follow()
            for secret in [old, new, old] { try await gateway.expect(200, key: secret) }
            gateway.clock.advance(seconds: 1)
            try await gateway.expect(401, key: old)
            try await gateway.expect(200, key: new)
        }
    }

    /// The key's quota is not known where the route's cost is written.
    @Test func aRequestThatCostsMoreThanTheKeysQuotaTakesAllOfIt() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1", more: #","rate_limit":{"quota":2,"window_seconds":3600}"#)
            await projection.follow()
            let answer = try await gateway.send("/dear", key: secret)
            #expect(answer.status == 200)
            #expect(answer.fields[.rateLimit]?.hasPrefix("\"api-key\";r=0;t=3600") == true)
            let refused = try await gateway.send("/dear", key: secret)
            #expect(refused.status == 429)
            // Two of two come back in an hour, and that is when it can go again.
            #expect(try #require(refused.fields[.retryAfter].flatMap { Int($0) }) <= 3_600)
        }
    }

    @Test func aKeyHasItsOwnRateLimit() async throws {
        try await run { gateway, service, projection in
            let limit = #","rate_limit":{"quota":2,"window_seconds":3600}"#
            let (one, two) = (service.add("key_1", more: limit), service.add("key_2", more: limit))
            await projection.follow()
            for _ in 0..<2 {
                let answer = try await gateway.send("/read", key: one)
                #expect(answer.status == 200)
                #expect(answer.fields[.rateLimitPolicy]?.hasPrefix("\"api-key\";q=2;w=3600") == true)
            }
            try await gateway.expect(429, key: one)
            try await gateway.expect(200, key: two)
        }
    }

    @Test func usesAreReportedOnce() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            service.add("key_2")
            await projection.follow()
            for _ in 0..<3 { try await gateway.expect(200, key: secret) }
            await projection.reportUses()
            await projection.reportUses()
            let reports = gateway.users.received.filter { $0.target.hasSuffix("/usage") }
            let at = RFC3339.string(gateway.clock.now)
            #expect(
                reports.map { String(decoding: $0.body, as: UTF8.self) } == [
                    #"{"used":[{"id":"key_1","at":"\#(at)"}]}"#
                ])
        }
    }
}

extension HTTPField.Name {
    static let apiKey = Self("X-API-Key")!
}

extension GatewayFixture {
    func send(_ target: String, key: APIKeySecret) async throws -> Answer {
        try await send(.get, target, fields: [.apiKey: key.exposed])
    }

    /// Sends a key to `/read` and expects a status.
    func expect(
        _ status: Int, key: APIKeySecret, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await send("/read", key: key)
        #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    }
}
