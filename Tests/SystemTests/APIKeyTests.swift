import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// API keys and ended sessions, from the user who makes them to the service that is paid through them.
@Suite(.serialized) struct APIKeyTests {
    private struct Key: Sendable {
        let id: String
        let secret: String

        var fields: [String: String] { ["X-API-Key": secret] }

        init(_ answer: APIClient.Answer) throws {
            guard let id = answer.body["id"]?.string, let secret = answer.body["secret"]?.string else {
                throw SystemFailure("API key: \(answer.status) \(answer.body)")
            }
            (self.id, self.secret) = (id, secret)
        }
    }

    private static let scopes: JSONValue = .array(
        ["users:read", "accounts:read", "payments:read", "payments:write"].map { .string($0) })

    private func key(of person: Person, scopes: JSONValue = scopes, expiresAt: String? = nil) async throws -> Key {
        var order: [(String, JSONValue)] = [("name", "robot"), ("scopes", scopes)]
        if let expiresAt { order.append(("expires_at", .string(expiresAt))) }
        let body = JSONValue.object(order.map { .init(name: $0.0, value: $0.1) })
        return try Key(try await person.api.send(.post, "/api/v1/api-keys", body, token: person.token))
    }

    private func pay(
        _ api: APIClient, from source: String, to account: String, key: String, token: String? = nil,
        fields: [String: String] = [:]
    ) async throws -> APIClient.Answer {
        try await api.send(
            .post, "/api/v1/payments",
            [
                "source": .string(source), "destination": ["account": .string(account)], "amount": 5,
                "currency": "USD",
            ], token: token, key: key, fields: fields)
    }

    @Test func aKeyReadsAndPaysAsItsUser() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000, to: one)
        let key = try await key(of: ada)
        #expect(key.id.hasPrefix("key_") && key.secret.hasPrefix("tg_"))

        let me = try await api.send(.get, "/api/v1/users/me", fields: key.fields)
        #expect(me.status == 200 && me.body["id"] == .string(ada.id))
        let paid = try await pay(api, from: one, to: two, key: "robot", fields: key.fields)
        #expect(paid.status == 201, "\(paid.body)")
        // The same caller by another credential: the payment is not made twice.
        let again = try await pay(api, from: one, to: two, key: "robot", token: ada.token)
        #expect(again.bytes == paid.bytes && again.field("Idempotent-Replayed") == "true")
        #expect(try await api.send(.get, "/api/v1/overview", fields: key.fields).status == 200)

        let list = try await api.send(.get, "/api/v1/api-keys", token: ada.token)
        #expect(list.body["data"]?[0]?["id"] == .string(key.id) && list.body["data"]?[0]?["secret"] == nil)
        let grace = try await Person(api, name: "Grace")
        #expect(try await api.send(.get, "/api/v1/api-keys/\(key.id)", token: grace.token).status == 404)
    }

    @Test func aKeyDoesWhatItWasGivenAndNoMore() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        let account = try await ada.openAccount()
        let key = try await key(of: ada, scopes: .array(["accounts:read"]))
        #expect(try await api.send(.get, "/api/v1/accounts/\(account)", fields: key.fields).status == 200)
        for path in ["/api/v1/users/me", "/api/v1/payments", "/api/v1/overview"] {
            #expect(try await api.send(.get, path, fields: key.fields).code == "insufficient_scope")
        }
        // No key manages keys, sessions or the profile.
        for (method, path) in [
            (HTTPRequest.Method.get, "/api/v1/api-keys"), (.post, "/api/v1/api-keys"),
            (.delete, "/api/v1/api-keys/\(key.id)"), (.delete, "/api/v1/sessions/current"),
            (.patch, "/api/v1/users/me"),
        ] {
            #expect(try await api.send(method, path, fields: key.fields).code == "authentication_required")
        }
        let both = try await api.send(.get, "/api/v1/accounts", token: ada.token, fields: key.fields)
        #expect((both.status, both.code) == (400, "ambiguous_credentials"))
    }

    @Test func revokedRotatedAndExpiredKeysAreRefused() async throws {
        let api = try await SharedSystem.system.api
        let ada = try await Person(api)
        @Sendable func status(_ key: Key) async throws -> Int {
            try await api.send(.get, "/api/v1/users/me", fields: key.fields).status
        }
        let soon = Date().addingTimeInterval(8).ISO8601Format()
        let (revoked, rotated) = (try await key(of: ada), try await key(of: ada))
        let expiring = try await key(of: ada, expiresAt: soon)
        for key in [revoked, rotated, expiring] { #expect(try await status(key) == 200) }

        #expect(try await api.send(.delete, "/api/v1/api-keys/\(revoked.id)", token: ada.token).status == 204)
        try await waitUntil("the revoked key is refused", timeout: .seconds(5)) { try await status(revoked) == 401 }

        let path = "/api/v1/api-keys/\(rotated.id)/rotate"
        let next = try Key(try await api.send(.post, path, ["overlap_seconds": 600], token: ada.token))
        #expect(try await status(next) == 200)
        #expect(try await status(rotated) == 200)
        let last = try Key(try await api.send(.post, path, token: ada.token))
        try await waitUntil("the secrets before are refused", timeout: .seconds(5)) {
            let statuses = [try await status(rotated), try await status(next)]
            return statuses == [401, 401]
        }
        #expect(try await status(last) == 200)
        try await waitUntil("the key has expired", timeout: .seconds(20)) { try await status(expiring) == 401 }
    }

    @Test func aLogoutCountsOnEveryReplica() async throws {
        let system = try await DirectSystem()
        let other = try await system.startReplica()
        let ada = try await Person(system.api)
        #expect(try await other.send(.get, "/api/v1/users/me", token: ada.token).status == 200)
        #expect(try await other.send(.get, "/api/v1/accounts", token: ada.token).status == 200)
        let key = try await key(of: ada)
        try await waitUntil("the other replica knows the key", timeout: .seconds(5)) {
            try await other.send(.get, "/api/v1/accounts", fields: key.fields).status == 200
        }
        #expect(try await system.api.send(.delete, "/api/v1/sessions/current", token: ada.token).status == 204)
        #expect(try await system.api.send(.get, "/api/v1/accounts", token: ada.token).status == 401)
        try await waitUntil("the other replica refuses the token", timeout: .seconds(5)) {
            try await other.send(.get, "/api/v1/accounts", token: ada.token).status == 401
        }
        #expect(try await other.send(.get, "/api/v1/accounts", fields: key.fields).status == 200)
        await system.stopAll()
    }

    @Test func knownKeysOutliveUserService() async throws {
        let system = try await DirectSystem(environment: ["RATE_LIMITS": "off", "LOG_LEVEL": "trace"])
        let ada = try await Person(system.api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000, to: one)
        let (known, late) = (try await key(of: ada), try await key(of: ada))
        #expect(try await system.api.send(.get, "/api/v1/accounts", fields: known.fields).status == 200)

        await system.stop("user-service", with: SIGKILL)
        let paid = try await pay(system.api, from: one, to: two, key: "alone", fields: known.fields)
        #expect(paid.status == 201, "\(paid.body)")
        let made = "tg_000g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70x3rfp63ed"
        let unknown = try await system.api.send(.get, "/api/v1/accounts", fields: ["X-API-Key": made])
        #expect((unknown.status, unknown.code) == (503, "authentication_unavailable"))
        #expect(unknown.field("Retry-After") == "1")

        try await system.start("user-service")
        #expect(try await system.api.send(.delete, "/api/v1/api-keys/\(late.id)", token: ada.token).status == 204)
        try await waitUntil("the feed is followed again", timeout: .seconds(5)) {
            let refused = try await system.api.send(.get, "/api/v1/accounts", fields: late.fields).status == 401
            let made = try await system.api.send(.get, "/api/v1/accounts", fields: ["X-API-Key": made]).status
            return refused && made == 401
        }
        #expect(try await system.api.send(.get, "/api/v1/accounts", fields: known.fields).status == 200)
        await system.stopAll()
        let output = system.output
        #expect(output.contains("/api-keys"))
        for secret in [known.secret, late.secret, ada.token, made] { #expect(!output.contains(secret)) }
    }
}
