import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

@Suite struct IntrospectionTests {
    private let fixture: RouteFixture
    private let login: RouteFixture.Login

    init() async throws {
        fixture = try await RouteFixture()
        login = try await fixture.logIn()
    }

    private func introspect(_ token: String, by issuer: String = "payments-service") async throws -> RouteFixture.Answer
    {
        try await fixture.send(
            .post, "/internal/v1/introspect", "token=\(token)", identity: try fixture.identity(issuer),
            fields: [.contentType: "application/x-www-form-urlencoded"])
    }

    private func isActive(_ token: String) async throws -> Bool? { try await introspect(token).json["active"]?.bool }

    @Test func aGoodTokenIsDescribed() async throws {
        let answer = try await introspect(login.accessToken)
        #expect(answer.status == 200 && answer.fields[.cacheControl] == "no-store")
        let claims = try fixture.claims(of: login.accessToken)
        for name in ["sub", "sid", "iss", "aud", "jti", "scope", "exp", "iat", "auth_time", "acr", "roles"] {
            #expect(answer.json[name] == claims[name], "\(name)")
        }
        for token in [login.refreshToken, login.sessionID] {
            let answer = try await introspect(token, by: "gateway")
            #expect(answer.json["active"]?.bool == true && answer.json["sub"]?.string == login.userID)
            #expect(answer.json["sid"]?.string == login.sessionID && answer.json["scope"] == nil)
        }
    }

    @Test func whatIsOverIsInactiveAndSaysNothingElse() async throws {
        #expect(try await fixture.send(.delete, "/v1/sessions/current", as: login).status == 204)
        for token in [login.accessToken, login.refreshToken, login.sessionID] {
            #expect(try await introspect(token).text == #"{"active":false}"#)
        }
    }

    @Test func anExpiredTokenIsInactiveAndItsSessionGoesOn() async throws {
        fixture.store.clock.advance(seconds: 600)
        #expect(try await isActive(login.accessToken) == false)
        #expect(try await isActive(login.refreshToken) == true)
        _ = try await fixture.refresh(login.refreshToken)
        #expect(try await isActive(login.refreshToken) == false)
    }

    @Test(arguments: ["", "x", "ses_00000000000000000000000000", "tgr_x", "a.b.c"])
    func junkIsInactive(token: String) async throws {
        #expect(try await isActive(token) == false)
    }

    @Test func aForgedTokenIsInactive() async throws {
        let parts = login.accessToken.split(separator: ".").map(String.init)
        let none = Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt"}"#.utf8))
        #expect(try await isActive("\(none).\(parts[1]).") == false)
        #expect(try await isActive("\(none).\(parts[1]).\(parts[2])") == false)
        let symmetric = #"{"alg":"HS256","typ":"at+jwt","kid":"\#(fixture.keys.active.id)"}"#
        let header = Base64URL.encode(Array(symmetric.utf8))
        #expect(try await isActive("\(header).\(parts[1]).\(parts[2])") == false)
        #expect(try await isActive(login.accessToken + "A") == false)
    }

    @Test func onlyServicesMayAsk() async throws {
        #expect(try await introspect(login.accessToken, by: "stranger").status == 401)
        let bearer = try await fixture.send(
            .post, "/internal/v1/introspect", "token=x", identity: login.accessToken,
            fields: [.contentType: "application/x-www-form-urlencoded"])
        #expect(bearer.status == 401)
    }

    @Test func onlyAFormWithOneTokenIsTaken() async throws {
        let identity = try fixture.identity()
        let json = try await fixture.send(.post, "/internal/v1/introspect", "{}", identity: identity)
        #expect(json.status == 415)
        for body in ["", "a=b", "token=a&token=b"] {
            let answer = try await fixture.send(
                .post, "/internal/v1/introspect", body, identity: identity,
                fields: [.contentType: "application/x-www-form-urlencoded"])
            #expect(answer.status == 400)
        }
    }
}
