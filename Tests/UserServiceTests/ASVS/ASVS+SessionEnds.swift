import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

/// V7.4 Session termination, V7.5 session abuse, V7.6 federation.
extension ASVSRequirement {
    static let sessionEnds: [Self] = [
        .tested("7.4.1", 1, "A session that has ended is good for nothing") {
            let system = try await ASVSSystem()
            #expect(try await system.fixture.send(.delete, "/v1/sessions/current", as: system.ada).status == 204)
            #expect(try await isOver(system.ada, in: system))
            let late = try await system.another()
            system.clock.advance(milliseconds: SessionPolicy().absolute)
            #expect(try await isOver(late, in: system))
        },
        .tested("7.4.2", 1, "A disabled or deleted account has no sessions") {
            let admins = try await AdminFixture()
            #expect(try await admins.lock(admins.ada, as: admins.admin).status == 200)
            #expect(try await admins.fixture.send(.delete, "/v1/users/me", as: admins.grace).status == 204)
            for login in [admins.ada, admins.grace] {
                #expect(try await admins.fixture.refresh(login.refreshToken).status == 401)
                #expect(try await admins.fixture.send(.get, "/v1/users/me", as: login).code == "session_revoked")
            }
        },
        .tested("7.4.3", 2, "A changed factor can end all other sessions", changedFactorsEndSessions),
        .notApplicable(
            "7.4.4", 2, "Logging out is easily found",
            "there are no pages; `DELETE /api/v1/sessions/current` is open to every session"),
        .tested("7.4.5", 2, "Admins can end the sessions of a user") {
            let admins = try await AdminFixture()
            let path = "/users/\(admins.ada.userID)/sessions"
            #expect(try await admins.send(.delete, path, as: admins.support).status == 204)
            #expect(try await admins.fixture.refresh(admins.ada.refreshToken).status == 401)
            #expect(try await admins.fixture.refresh(admins.grace.refreshToken).status == 200)
        },
        .tested("7.5.1", 2, "Changes of credentials need a new proof", changesNeedAProof),
        .tested("7.5.2", 2, "Users see their sessions and, after a new proof, end them") {
            let system = try await ASVSSystem()
            let other = try await system.another()
            let list = try await system.fixture.send(.get, "/v1/users/me/sessions", as: system.ada)
            #expect(
                list.json["data"]?.array?.compactMap { $0["id"]?.string } == [other.sessionID, system.ada.sessionID])
            system.clock.advance(seconds: 301)
            for path in ["/v1/users/me/sessions", "/v1/users/me/sessions/\(other.sessionID)"] {
                let refused = try await system.fixture.send(.delete, path, as: system.ada)
                #expect(refused.code == "insufficient_user_authentication")
            }
            #expect(try await system.fixture.refresh(other.refreshToken).status == 200)
            try await prove(in: system)
            #expect(
                try await system.fixture.send(.delete, "/v1/users/me/sessions/\(other.sessionID)", as: system.ada)
                    .status == 204)
            let third = try await system.another()
            #expect(try await system.fixture.send(.delete, "/v1/users/me/sessions", as: system.ada).status == 204)
            #expect(try await isOver(third, in: system))
            #expect(try await isOver(other, in: system))
        },
        .tested("7.5.3", 3, "Highly sensitive operations need a new proof") {
            let system = try await ASVSSystem()
            system.clock.advance(seconds: 301)
            let refused = try await system.fixture.send(.delete, "/v1/users/me", as: system.ada)
            #expect(refused.code == "insufficient_user_authentication")
            try await prove(in: system)
            #expect(try await system.fixture.send(.delete, "/v1/users/me", as: system.ada).status == 204)
        },
        .notApplicable("7.6.1", 2, "Sessions of relying parties end as documented", "there is no federation"),
        .tested("7.6.2", 2, "No session begins without the user's doing") {
            let system = try await ASVSSystem()
            let signedUp = try await system.signUp("eve@example.com", RouteFixture.password)
            let reset = try await system.reset("eve@example.com")
            #expect(signedUp.status == 201 && reset.status == 204)
            #expect(signedUp.json["access_token"] == nil)
            #expect(try await system.fixture.store.count("SELECT count(*) FROM sessions") == 1)
            #expect(try await system.logIn(ASVSSystem.other, email: "eve@example.com").status == 201)
        },
    ]

    private static func prove(in system: ASVSSystem) async throws {
        let proof = ASVSSystem.body(["password": RouteFixture.password])
        let answer = try await system.fixture.send(
            .post, "/v1/sessions/current/reauthenticate", proof, as: system.ada)
        #expect(answer.status == 200)
    }

    /// Whether nothing of a session opens anything: not its tokens, not its id.
    private static func isOver(_ login: ASVSSystem.Login, in system: ASVSSystem) async throws -> Bool {
        for token in [login.accessToken, login.refreshToken, login.sessionID] {
            if try await system.isActive(token) { return false }
        }
        let refreshed = try await system.fixture.refresh(login.refreshToken)
        let read = try await system.fixture.send(.get, "/v1/users/me", as: login)
        return refreshed.status == 401 && read.code == "session_revoked"
    }

    private static let changedFactorsEndSessions: Check = {
        let system = try await ASVSSystem()
        let first = try await system.another()
        #expect(
            try await system.change(RouteFixture.password, to: RouteFixture.password + "!", as: system.ada).status
                == 204)
        #expect(try await isOver(first, in: system))
        #expect(
            try await system.change(RouteFixture.password + "!", to: RouteFixture.password, as: system.ada).status
                == 204)
        let second = try await system.another()
        _ = try await system.enrol()
        #expect(try await isOver(second, in: system))
        #expect(try await system.fixture.send(.get, "/v1/users/me", as: system.ada).status == 200)
        // Off again: the option is the call that ends all others.
        #expect(try await system.fixture.send(.delete, "/v1/users/me/totp", as: system.ada).status == 204)
        let third = try await system.another()
        #expect(try await system.fixture.send(.delete, "/v1/users/me/sessions", as: system.ada).status == 204)
        #expect(try await isOver(third, in: system))
        #expect(try await system.reset().status == 204)
        #expect(try await isOver(system.ada, in: system))
    }

    private static let changesNeedAProof: Check = {
        let system = try await ASVSSystem()
        let (totp, _) = try await system.enrol()
        system.clock.advance(seconds: 301)
        for (method, path) in [
            (HTTPRequest.Method.post, "/v1/users/me/totp"), (.post, "/v1/users/me/totp/confirm"),
            (.delete, "/v1/users/me/totp"), (.post, "/v1/users/me/recovery-codes"),
        ] {
            let answer = try await system.fixture.send(method, path, as: system.ada)
            #expect(answer.code == "insufficient_user_authentication", "\(path)")
        }
        #expect(try await system.change("not it", to: ASVSSystem.other, as: system.ada).code == "wrong_password")
        // Where there is a second factor, the new proof needs it too.
        let half = try await system.fixture.send(
            .post, "/v1/sessions/current/reauthenticate", ASVSSystem.body(["password": RouteFixture.password]),
            as: system.ada)
        #expect(half.code == "second_factor_required")
        let whole = try await system.fixture.send(
            .post, "/v1/sessions/current/reauthenticate",
            ASVSSystem.body(["password": RouteFixture.password, "code": system.code(totp)]), as: system.ada)
        #expect(whole.status == 200)
        #expect(try await system.fixture.send(.delete, "/v1/users/me/totp", as: system.ada).status == 204)
        // The address itself cannot be changed.
        let moved = try await system.fixture.send(
            .patch, "/v1/users/me", ASVSSystem.body(["name": "Ada", "email": "eve@example.com"]), as: system.ada)
        #expect(moved.code == "validation_failed")
    }
}
