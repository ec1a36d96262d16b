import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

/// V10 OAuth and OIDC: tokens and resource servers follow OAuth; there is no authorization endpoint for others' clients.
extension ASVSRequirement {
    private static let noClient = "nothing here is an OAuth client"
    private static let noCodes = "there is no authorization endpoint: people log in at their own service"
    private static let noOpenID = "there are no ID tokens"
    private static let noConsent = "there are no clients of others that anybody could consent to"

    static let oauth: [Self] = [
        .tested("10.1.1", 2, "Tokens go to those who need them") {
            let system = try await ASVSSystem()
            let answer = try await system.logIn()
            #expect(answer.fields[.cacheControl] == "no-store" && answer.fields[.location] == nil)
            let refreshed = try await system.fixture.refresh(system.ada.refreshToken)
            #expect(refreshed.fields[.cacheControl] == "no-store")
            _ = try await system.fixture.refresh(system.ada.refreshToken)
            let log = system.fixture.log.lines.joined()
            for answer in [answer, refreshed] {
                for name in ["access_token", "refresh_token"] {
                    #expect(!log.contains(try #require(answer.json[name]?.string)))
                }
            }
        },
        .notApplicable("10.1.2", 2, "Clients take answers to their own requests alone", noClient),
        .notApplicable("10.2.1", 2, "Clients are protected against request forgery", noClient),
        .notApplicable("10.2.2", 2, "Clients are protected against mixed-up servers", noClient),
        .notApplicable("10.2.3", 3, "Clients ask for the scopes that they need", noClient),
        .tested("10.3.1", 2, "Tokens of another audience are refused", audiencesCount),
        .tested("10.3.2", 2, "The claims of the token decide", claimsDecide),
        .tested("10.3.3", 2, "Users are told apart by what is never given to another") {
            let system = try await ASVSSystem()
            #expect(try await system.fixture.send(.delete, "/v1/users/me", as: system.ada).status == 204)
            let again = try await system.fixture.logIn()
            #expect(again.userID != system.ada.userID)
            #expect(try await system.isActive(system.ada.accessToken) == false)
            #expect(try await system.fixture.send(.get, "/v1/users/me", as: system.ada).status == 401)
        },
        .tested("10.3.4", 2, "Strength and age of the login are verified where they matter", strengthCounts),
        .differs(
            "10.3.5", 3, "Tokens are bound to their sender",
            "they are bearer tokens, of ten minutes, and can be revoked"),
        .notApplicable("10.4.1", 1, "Redirect URIs are registered and compared exactly", noCodes),
        .notApplicable("10.4.2", 1, "Authorization codes are good once", noCodes),
        .notApplicable("10.4.3", 1, "Authorization codes are short-lived", noCodes),
        .differs(
            "10.4.4", 1, "Clients use the grants that they need, and never the password grant",
            "a login takes the password of the service's own users; no client of others is given it"),
        .tested("10.4.5", 1, "Replayed refresh tokens end the family", replaysEndTheFamily),
        .notApplicable("10.4.6", 2, "Codes are bound to their request by PKCE", noCodes),
        .notApplicable("10.4.7", 2, "Registration of clients is guarded", noCodes),
        .tested("10.4.8", 2, "Refresh tokens have an absolute end", endsInTheEnd),
        .tested("10.4.9", 2, "Users can revoke refresh tokens") {
            let system = try await ASVSSystem()
            let other = try await system.another()
            let path = "/v1/users/me/sessions/\(other.sessionID)"
            #expect(try await system.fixture.send(.delete, path, as: system.ada).status == 204)
            #expect(try await system.fixture.refresh(other.refreshToken).status == 401)
        },
        .tested("10.4.10", 2, "Services that ask about tokens prove who they are") {
            let system = try await ASVSSystem()
            #expect(try await system.introspect(system.ada.accessToken, by: "stranger").status == 401)
            let anonymous = try await system.fixture.send(
                .post, "/internal/v1/introspect", "token=\(system.ada.accessToken)", identity: nil,
                fields: [.contentType: "application/x-www-form-urlencoded"])
            #expect(anonymous.status == 401)
        },
        .tested("10.4.11", 2, "Only the scopes that are needed are given", scopesAreTheNeeded),
        .notApplicable("10.4.12", 3, "Clients use the response modes that they need", noCodes),
        .notApplicable("10.4.13", 3, "Codes are asked for by pushed requests", noCodes),
        .differs(
            "10.4.14", 3, "Only sender-constrained tokens are issued",
            "they are bearer tokens, of ten minutes, and can be revoked"),
        .notApplicable("10.4.15", 3, "Authorization details come from the client's backend", noCodes),
        .notApplicable("10.4.16", 3, "Clients are confidential and prove it by keys", noCodes),
        .notApplicable("10.5.1", 2, "ID tokens are not replayed", noOpenID),
        .notApplicable("10.5.2", 2, "Users are told apart by the subject of the ID token", noOpenID),
        .notApplicable("10.5.3", 2, "Issuers in metadata are the configured ones", noOpenID),
        .notApplicable("10.5.4", 2, "ID tokens are for the client that takes them", noOpenID),
        .notApplicable("10.5.5", 2, "Back-channel logout is guarded", noOpenID),
        .notApplicable("10.6.1", 2, "Response modes of the provider are the safe ones", noOpenID),
        .notApplicable("10.6.2", 2, "Nobody is logged out by others", noOpenID),
        .notApplicable("10.7.1", 2, "Users consent to every authorization", noConsent),
        .notApplicable("10.7.2", 2, "Users are told what they consent to", noConsent),
        .notApplicable("10.7.3", 2, "Users review and revoke their consents", noConsent),
    ]

    private static let claimsDecide: Check = {
        let system = try await ASVSSystem()
        func status(_ scopes: [String], _ method: HTTPRequest.Method, _ body: String? = nil) async throws -> Int {
            let identity = try system.fixture.identity(
                user: system.ada.userID, session: system.ada.sessionID, scopes: scopes)
            let answer = try await system.fixture.send(method, "/v1/users/me", body, identity: identity)
            return answer.status
        }
        #expect(try await status(["users:read"], .get) == 200)
        #expect(try await status(["users:write"], .get) == 403)
        #expect(try await status(["users:read"], .patch, #"{"name":"A"}"#) == 403)
        #expect(try await status(["users:write"], .patch, #"{"name":"A"}"#) == 200)
        let grace = try await system.fixture.logIn("grace@example.com")
        #expect(
            try await system.fixture.send(.get, "/v1/users/me", as: grace).json["id"]?.string == grace.userID)
    }

    private static let strengthCounts: Check = {
        let system = try await ASVSSystem()
        func claims(_ answer: ASVSSystem.Answer) throws -> JSONValue {
            try system.fixture.claims(of: try #require(answer.json["access_token"]?.string))
        }
        let plain = try claims(try await system.logIn())
        #expect(plain["acr"]?.string == "urn:tollgate:acr:password")
        #expect(plain["auth_time"]?.integer == system.clock.now / 1_000)
        let (totp, _) = try await system.enrol()
        #expect(try claims(try await system.logIn(code: system.code(totp)))["acr"]?.string == "urn:tollgate:acr:mfa")
        system.clock.advance(seconds: 301)
        // A refresh is no new proof.
        let refreshed = try claims(try await system.fixture.refresh(system.ada.refreshToken))
        #expect((refreshed["auth_time"]?.integer ?? 0) < system.clock.now / 1_000 - 300)
        let refused = try await system.fixture.send(.delete, "/v1/users/me/totp", as: system.ada)
        #expect(refused.code == "insufficient_user_authentication")
        #expect(refused.fields[.wwwAuthenticate]?.contains("max_age=\"300\"") == true)
    }

    private static let replaysEndTheFamily: Check = {
        let system = try await ASVSSystem()
        let first = try await system.fixture.refresh(system.ada.refreshToken)
        let second = try #require(first.json["refresh_token"]?.string)
        #expect(second != system.ada.refreshToken)
        system.clock.advance(milliseconds: SessionPolicy().grace)
        #expect(try await system.fixture.refresh(system.ada.refreshToken).code == "invalid_refresh_token")
        #expect(try await system.fixture.refresh(second).code == "invalid_refresh_token")
        #expect(try await system.fixture.send(.get, "/v1/users/me", as: system.ada).code == "session_revoked")
    }

    private static let scopesAreTheNeeded: Check = {
        let admins = try await AdminFixture()
        let claims = try admins.fixture.claims(of: admins.ada.accessToken)
        let scopes = claims["scope"]?.string?.split(separator: " ").map(String.init) ?? []
        #expect(scopes == AccessTokenIssuer.scopes && !scopes.contains("admin"))
        func create(_ scope: String, _ granted: [String]) async throws -> RouteFixture.Answer {
            let identity = try admins.fixture.identity(
                user: admins.ada.userID, session: admins.ada.sessionID, scopes: granted)
            return try await admins.fixture.send(
                .post, "/v1/api-keys", #"{"name":"robot","scopes":["\#(scope)"]}"#, identity: identity)
        }
        let key = try await create("payments:read", AccessTokenIssuer.scopes)
        #expect(key.status == 201 && key.json["scopes"]?.strings == ["payments:read"])
        #expect(try await create("payments:write", ["api-keys:write"]).code == "insufficient_scope")
        #expect(try await create("admin", AccessTokenIssuer.scopes + ["admin"]).code == "validation_failed")
    }
}
