import Chassis
import Crypto
import HTTPTypes
import JSON
import JWTKit
import Testing

@testable import UserService

@Suite struct LoginTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    private func logIn(_ email: String, _ password: String) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/sessions", #"{"email":"\#(email)","password":"\#(password)"}"#)
    }

    @Test func answersWithTokens() async throws {
        _ = try await fixture.logIn()
        let answer = try await logIn("ADA@example.com", RouteFixture.password)
        #expect(answer.status == 201)
        #expect(answer.json.object?.map(\.name) == ["access_token", "refresh_token", "token_type", "expires_in"])
        #expect(answer.json["token_type"]?.string == "Bearer")
        #expect(answer.json["expires_in"]?.integer == 600)
        #expect(answer.fields[.cacheControl] == "no-store")
    }

    @Test func theTokenVerifiesWithThePublishedKeys() async throws {
        let login = try await fixture.logIn()
        let document = try await fixture.send(.get, "/.well-known/jwks.json", identity: nil)
        let keys = try await JWTKeyCollection().add(jwksJSON: document.text)
        let claims = try await keys.verify(login.accessToken, as: AccessTokenClaims.self)
        let now = fixture.store.clock.now / 1_000
        #expect(
            claims
                == AccessTokenClaims(
                    iss: "tollgate", aud: "tollgate-api", sub: login.userID,
                    scope: "users:read users:write accounts:read accounts:write payments:read payments:write "
                        + "api-keys:write",
                    jti: claims.jti, sid: login.sessionID, roles: ["user"], authTime: now,
                    acr: "urn:tollgate:acr:password", iat: now, exp: now + 600))
        #expect(claims.jti.hasPrefix("tok_"))
        let header = try DefaultJWTParser().parseHeader(Array(login.accessToken.utf8))
        #expect(header.alg == "ES256" && header.typ == "at+jwt" && header.kid == fixture.keys.active.id)
    }

    @Test func aChangedTokenDoesNotVerify() async throws {
        let login = try await fixture.logIn()
        let document = try await fixture.send(.get, "/.well-known/jwks.json", identity: nil)
        let keys = try await JWTKeyCollection().add(jwksJSON: document.text)
        var parts = login.accessToken.split(separator: ".").map(String.init)
        parts[2] = String(parts[2].reversed())
        await #expect(throws: (any Error).self) {
            try await keys.verify(parts.joined(separator: "."), as: AccessTokenClaims.self)
        }
    }

    /// What a stranger learns from the answer must be the same, byte for byte.
    @Test(arguments: ["nobody@example.com", "not an address", "a@b"])
    func anUnknownAddressIsAnsweredLikeAWrongPassword(_ email: String) async throws {
        _ = try await fixture.logIn()
        let wrong = try await logIn("ada@example.com", "incorrect horse")
        let unknown = try await logIn(email, "incorrect horse")
        #expect((wrong.status, wrong.code) == (401, "invalid_credentials"))
        #expect(unknown.status == wrong.status && unknown.bytes == wrong.bytes && unknown.fields == wrong.fields)
    }

    /// The time must be the same too. Without a hash for nobody, an unknown address would take a hundredth of it.
    @Test func anUnknownAddressTakesAsLong() async throws {
        let slow = try await RouteFixture(cost: ScryptCost(logN: 13, r: 8, p: 2))
        _ = try await slow.logIn()
        func time(_ email: String) async throws -> Duration {
            let body = #"{"email":"\(email)","password":"incorrect horse"}"#
            return try await ContinuousClock().measure { _ = try await slow.send(.post, "/v1/sessions", body) }
        }
        // In turn, and the fastest of each: other tests run at the same time.
        var (wrong, unknown) = (Duration.seconds(60), Duration.seconds(60))
        for _ in 0..<8 {
            wrong = min(wrong, try await time("ada@example.com"))
            unknown = min(unknown, try await time("nobody@example.com"))
        }
        #expect(unknown > wrong / 4 && wrong > unknown / 4, "unknown \(unknown), wrong \(wrong)")
    }

    @Test(arguments: [
        #"{"email":"a@b.co"}"#, #"{"email":"a@b.co","password":""}"#, #"{"email":"a@b.co","password":"x","otp":"1"}"#,
    ])
    func refusesOtherBodies(_ body: String) async throws {
        let answer = try await fixture.send(.post, "/v1/sessions", body)
        #expect((answer.status, answer.code) == (422, "validation_failed"))
    }

    @Test func aCheaperHashIsReplacedAtTheNextLogin() async throws {
        let login = try await fixture.logIn()
        let old = try await hash()
        let cheap = try ScryptHash(
            of: try #require(Password(given: RouteFixture.password)), cost: ScryptCost(logN: 2, r: 8, p: 1))
        try await fixture.store.users.replaceHash(of: login.userID, old, by: cheap)
        #expect(try await logIn("ada@example.com", "incorrect horse").status == 401)
        #expect(try await hash() == cheap)
        #expect(try await logIn("ada@example.com", RouteFixture.password).status == 201)
        #expect(try await hash().cost == old.cost)
        #expect(try await logIn("ada@example.com", RouteFixture.password).status == 201)
    }

    private func hash() async throws -> ScryptHash {
        let email = try #require(EmailAddress("ada@example.com"))
        return try #require(try await fixture.store.users.credential(for: email)).hash
    }
}

extension DefaultJWTParser {
    /// The header alone, unverified.
    fileprivate func parseHeader(_ token: [UInt8]) throws -> JWTHeader {
        try parse(token, as: AccessTokenClaims.self).header
    }
}
