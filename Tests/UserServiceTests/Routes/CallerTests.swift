import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

@Suite struct CallerTests {
    private static let routes: [(HTTPRequest.Method, String)] = [
        (.post, "/v1/users"), (.get, "/v1/users/me"), (.patch, "/v1/users/me"), (.post, "/v1/sessions"),
        (.delete, "/v1/sessions/current"), (.post, "/v1/tokens/refresh"), (.post, "/v1/api-keys"),
        (.get, "/v1/api-keys"),
        (.get, "/v1/api-keys/key_0"), (.post, "/v1/api-keys/key_0/rotate"), (.delete, "/v1/api-keys/key_0"),
        (.get, "/v1/users/me/sessions"), (.delete, "/v1/users/me/sessions"), (.delete, "/v1/users/me/sessions/ses_0"),
        (.get, "/internal/v1/api-keys"), (.get, "/internal/v1/api-keys/by-hash/x"),
        (.post, "/v1/sessions/second-factor"), (.post, "/v1/sessions/current/reauthenticate"),
        (.get, "/v1/users/me/totp"), (.post, "/v1/users/me/totp"), (.post, "/v1/users/me/totp/confirm"),
        (.delete, "/v1/users/me/totp"), (.post, "/v1/users/me/recovery-codes"),
        (.get, "/v1/users/me/erasure"),
        (.get, "/v1/admin/keys"), (.post, "/v1/admin/keys/rotate"),
        (.post, "/internal/v1/api-keys/usage"),
    ]
    private static let lookup = "/internal/v1/users/resolve?email=ada%40example.com"

    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    @Test(arguments: routes)
    func onlyTheGatewayIsHeard(_ method: HTTPRequest.Method, _ path: String) async throws {
        let strangers = [
            nil, "", "garbage", try fixture.identity("stranger"), try fixture.identity("payments-service"),
            try fixture.identity(audience: "payments-service"),
        ]
        for identity in strangers {
            let answer = try await fixture.send(method, path, "{}", identity: identity)
            #expect((answer.status, answer.code) == (401, "unauthorized"))
        }
    }

    @Test(arguments: routes)
    func aUsersOwnTokenOpensNothing(_ method: HTTPRequest.Method, _ path: String) async throws {
        let login = try await fixture.logIn()
        let bearer = try await fixture.send(
            method, path, "{}", identity: nil, fields: [.authorization: "Bearer \(login.accessToken)"])
        #expect(bearer.status == 401)
        #expect(try await fixture.send(method, path, "{}", identity: login.accessToken).status == 401)
    }

    @Test func anOldIdentityIsRefused() async throws {
        let identity = try fixture.identity()
        fixture.store.clock.advance(seconds: 61)
        #expect(try await fixture.send(.post, "/v1/sessions", "{}", identity: identity).status == 401)
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/v1/users/me"), (.patch, "/v1/users/me"), (.delete, "/v1/sessions/current"),
    ])
    func theGatewayAloneIsNobody(_ method: HTTPRequest.Method, _ path: String) async throws {
        #expect(try await fixture.send(method, path, #"{"name":"A"}"#).code == "unauthorized")
    }

    @Test func anybodyMayReadTheKeys() async throws {
        let answer = try await fixture.send(.get, "/.well-known/jwks.json", identity: nil)
        #expect(answer.status == 200 && answer.bytes == fixture.keys.document)
        #expect(answer.fields[.cacheControl] == "public, max-age=300")
        #expect(answer.fields[.contentType] == "application/jwk-set+json")
    }

    @Test func paymentsServiceLooksUsersUp() async throws {
        let login = try await fixture.logIn()
        let payments = try fixture.identity("payments-service")
        for query in ["email=ada%40example.com", "email=ADA%40example.com", "user=\(login.userID)"] {
            let answer = try await fixture.send(.get, "/internal/v1/users/resolve?\(query)", identity: payments)
            #expect(answer.status == 200)
            #expect(answer.json.object?.map(\.name) == ["id", "name"])
            #expect(answer.json["id"]?.string == login.userID && answer.json["name"]?.string == "Ada")
        }
    }

    @Test(arguments: [
        ("email=nobody%40example.com", 404), ("email=x", 404), ("email=", 404), ("user=usr_x", 404),
        ("user=usr_00000000000000000000000999", 404), ("", 400), ("email=a%40b.co&user=usr_x", 400),
        ("email=a%40b.co&email=c%40d.ef", 400), ("name=Ada", 400),
    ])
    func whatCannotBeLookedUp(_ query: String, _ status: Int) async throws {
        let payments = try fixture.identity("payments-service")
        let answer = try await fixture.send(.get, "/internal/v1/users/resolve?\(query)", identity: payments)
        #expect(answer.status == status)
    }

    @Test func theGatewayMayNotLookUsersUp() async throws {
        _ = try await fixture.logIn()
        #expect(try await fixture.send(.get, Self.lookup).status == 401)
        #expect(try await fixture.send(.get, Self.lookup, identity: nil).status == 401)
        #expect(try await fixture.send(.get, Self.lookup, identity: try fixture.identity("stranger")).status == 401)
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/v1/nothing", 404), (.get, "/v1/users", 405), (.put, "/v1/users/me", 405),
    ])
    func otherPathsAndMethods(_ method: HTTPRequest.Method, _ path: String, _ status: Int) async throws {
        #expect(try await fixture.send(method, path).status == status)
    }

    @Test func nothingPersonalIsLogged() async throws {
        let login = try await fixture.logIn()
        _ = try await fixture.send(.post, "/v1/sessions", #"{"email":"ada@example.com","password":"incorrect horse"}"#)
        _ = try await fixture.refresh(login.refreshToken)
        let log = fixture.log.lines.joined()
        for secret in ["ada@example.com", RouteFixture.password, login.refreshToken, login.accessToken] {
            #expect(!log.contains(secret))
        }
    }
}
