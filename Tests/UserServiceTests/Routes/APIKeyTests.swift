import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct APIKeyTests {
    private let fixture: RouteFixture
    private let login: RouteFixture.Login

    init() async throws {
        fixture = try await RouteFixture()
        login = try await fixture.logIn()
    }

    private static let body = #"{"name":"robot","scopes":["payments:write","accounts:read"]}"#

    private func create(_ body: String = body) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/api-keys", body, as: login)
    }

    private func made(_ body: String = body) async throws -> (id: String, secret: APIKeySecret) {
        let answer = try await create(body)
        try #require(answer.status == 201, "\(answer.text)")
        let secret = try #require(answer.json["secret"]?.string.flatMap(APIKeySecret.init))
        return (try #require(answer.json["id"]?.string), secret)
    }

    @Test func theSecretIsShownOnceAndStoredHashed() async throws {
        let answer = try await create(
            #"{"name":" robot ","scopes":["payments:write","accounts:read"],"expires_at":"2023-12-01T00:00:00Z","#
                + #""rate_limit":{"quota":10,"window_seconds":60}}"#)
        #expect(answer.status == 201)
        #expect(
            answer.json.object?.map(\.name) == [
                "id", "name", "secret", "prefix", "scopes", "rate_limit", "created_at", "expires_at", "last_used_at",
                "previous_valid_until",
            ])
        let id = try #require(answer.json["id"]?.string)
        let secret = try #require(answer.json["secret"]?.string.flatMap(APIKeySecret.init))
        #expect(answer.fields[.location] == "/v1/api-keys/\(id)" && answer.fields[.cacheControl] == "no-store")
        #expect(answer.json["name"] == .string("robot") && answer.json["prefix"] == .string(secret.prefix))
        #expect(answer.json["scopes"] == .array([.string("accounts:read"), .string("payments:write")]))
        #expect(answer.json["rate_limit"]?["quota"] == .integer(10))
        #expect(answer.json["expires_at"] == .string("2023-12-01T00:00:00.000Z"))
        #expect(answer.json["last_used_at"] == .null)

        let read = try await fixture.send(.get, "/v1/api-keys/\(id)", as: login)
        let list = try await fixture.send(.get, "/v1/api-keys", as: login)
        for text in [read.text, list.text, fixture.log.lines.joined()] { #expect(!text.contains(secret.exposed)) }
        #expect(read.json["secret"] == nil && list.json["data"]?[0]?["id"] == .string(id))
        let stored = try await fixture.store.database.read {
            try $0.all("SELECT hash FROM api_keys") { try $0.bytes(0) }
        }
        #expect(stored == [secret.hash])
    }

    @Test(arguments: [
        (#"{"scopes":["users:read"]}"#, "/name"), (#"{"name":"","scopes":["users:read"]}"#, "/name"),
        (#"{"name":"a","scopes":[]}"#, "/scopes"), (#"{"name":"a","scopes":["admin"]}"#, "/scopes/0"),
        (#"{"name":"a","scopes":["users:read","api-keys:write"]}"#, "/scopes/1"),
        (#"{"name":"a","scopes":["users:read","users:read"]}"#, "/scopes/1"),
        (#"{"name":"a","scopes":["users:read"],"expires_at":"2020-01-01T00:00:00Z"}"#, "/expires_at"),
        (#"{"name":"a","scopes":["users:read"],"expires_at":"2999-01-01T00:00:00Z"}"#, "/expires_at"),
        (#"{"name":"a","scopes":["users:read"],"expires_at":"2023-12-01T00:00:00+01:00"}"#, "/expires_at"),
        (#"{"name":"a","scopes":["users:read"],"rate_limit":{"quota":0,"window_seconds":1}}"#, "/rate_limit/quota"),
        (#"{"name":"a","scopes":["users:read"],"rate_limit":{"quota":1}}"#, "/rate_limit/window_seconds"),
        (#"{"name":"a","scopes":["users:read"],"user":"usr_1"}"#, "/user"),
    ])
    func mistakesInTheBodyAreNamed(_ body: String, _ pointer: String) async throws {
        let answer = try await create(body)
        #expect(answer.status == 422)
        #expect(answer.json["errors"]?[0]?["pointer"] == .string(pointer), "\(answer.text)")
        #expect(try await fixture.store.count("SELECT count(*) FROM api_keys") == 0)
    }

    @Test func aKeyAllowsNoMoreThanItsMaker() async throws {
        let identity = try fixture.identity(
            user: login.userID, session: login.sessionID, scopes: ["api-keys:write", "payments:read"])
        let answer = try await fixture.send(.post, "/v1/api-keys", Self.body, identity: identity)
        #expect((answer.status, answer.code) == (403, "insufficient_scope"))
        let without = try fixture.identity(
            user: login.userID, session: login.sessionID, scopes: AccessTokenIssuer.scopes.dropLast())
        for (method, path) in [(HTTPRequest.Method.post, "/v1/api-keys"), (.get, "/v1/api-keys")] {
            #expect(try await fixture.send(method, path, Self.body, identity: without).status == 403)
        }
    }

    @Test func onlyALoginManagesKeys() async throws {
        let (id, _) = try await made()
        let key = try fixture.identity(user: login.userID, key: id)
        for (method, path) in [
            (HTTPRequest.Method.post, "/v1/api-keys"), (.get, "/v1/api-keys"), (.get, "/v1/api-keys/\(id)"),
            (.post, "/v1/api-keys/\(id)/rotate"), (.delete, "/v1/api-keys/\(id)"),
        ] {
            let answer = try await fixture.send(method, path, Self.body, identity: key)
            #expect((answer.status, answer.code) == (403, "session_required"))
        }
        #expect(try await fixture.send(.delete, "/v1/sessions/current", as: login).status == 204)
        #expect(try await fixture.send(.get, "/v1/api-keys", as: login).code == "session_revoked")
    }

    @Test func aKeyReadsTheProfileUntilItEnds() async throws {
        let (id, _) = try await made()
        let key = try fixture.identity(user: login.userID, key: id, scopes: ["users:read"])
        #expect(try await fixture.send(.get, "/v1/users/me", identity: key).status == 200)
        #expect(try await fixture.send(.delete, "/v1/api-keys/\(id)", as: login).status == 204)
        let ended = try await fixture.send(.get, "/v1/users/me", identity: key)
        #expect((ended.status, ended.code) == (401, "api_key_revoked"))
    }

    @Test func anothersKeyIsNotThere() async throws {
        let (id, _) = try await made()
        let other = try await fixture.logIn("grace@example.com")
        for (method, path) in [
            (HTTPRequest.Method.get, "/v1/api-keys/\(id)"), (.post, "/v1/api-keys/\(id)/rotate"),
            (.delete, "/v1/api-keys/\(id)"),
        ] {
            let foreign = try await fixture.send(method, path, as: other)
            let missing = try await fixture.send(
                method, path.replacing(id, with: "key_00000000000000000000000999"), as: other)
            let junk = try await fixture.send(method, path.replacing(id, with: "key_'--"), as: other)
            #expect(foreign.status == 404 && foreign.bytes == missing.bytes && foreign.bytes == junk.bytes)
        }
        #expect(try await fixture.send(.get, "/v1/api-keys", as: other).json["data"]?.array?.isEmpty == true)
        #expect(try await fixture.send(.get, "/v1/api-keys/\(id)", as: login).status == 200)
    }

    @Test func twentyIsEnough() async throws {
        var ids: [String] = []
        for _ in 0..<20 { ids.append(try await made().id) }
        let answer = try await create()
        #expect((answer.status, answer.code) == (409, "too_many_api_keys"))
        let first = try await fixture.send(.get, "/v1/api-keys?limit=15", as: login)
        let cursor = try #require(first.json["next_cursor"]?.string)
        let rest = try await fixture.send(.get, "/v1/api-keys?limit=15&cursor=\(cursor)", as: login)
        let listed = [first, rest].flatMap { ($0.json["data"]?.array ?? []).compactMap { $0["id"]?.string } }
        #expect(listed == ids.reversed() && rest.json["next_cursor"] == .null)
        #expect(try await fixture.send(.delete, "/v1/api-keys/\(ids[0])", as: login).status == 204)
        #expect(try await fixture.send(.delete, "/v1/api-keys/\(ids[0])", as: login).status == 404)
        #expect(try await create().status == 201)
    }

    @Test func rotationGivesANewSecretAndAnOverlap() async throws {
        let (id, first) = try await made()
        let path = "/v1/api-keys/\(id)/rotate"
        let answer = try await fixture.send(.post, path, #"{"overlap_seconds":60}"#, as: login)
        #expect(answer.status == 200 && answer.json["id"] == .string(id))
        let second = try #require(answer.json["secret"]?.string.flatMap(APIKeySecret.init))
        #expect(second != first && answer.json["prefix"] == .string(second.prefix))
        let until = RFC3339.string(fixture.store.clock.now + 60_000)
        #expect(answer.json["previous_valid_until"] == .string(until))
        let plain = try await fixture.send(.post, path, as: login)
        #expect(plain.status == 200 && plain.json["previous_valid_until"] == .null)
        for body in [#"{"overlap_seconds":86401}"#, #"{"overlap_seconds":-1}"#, #"{"overlap":1}"#] {
            #expect(try await fixture.send(.post, path, body, as: login).status == 422)
        }
    }

    @Test func anExpiredKeyIsNotRotated() async throws {
        let (id, _) = try await made(
            #"{"name":"a","scopes":["users:read"],"expires_at":"2023-11-14T22:14:00Z"}"#)
        fixture.store.clock.advance(seconds: 100)
        let answer = try await fixture.send(.post, "/v1/api-keys/\(id)/rotate", as: login)
        #expect((answer.status, answer.code) == (409, "api_key_expired"))
    }
}
