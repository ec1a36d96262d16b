import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

/// What was begun in a session that ends before it is done: whoever has stolen one is not to keep anything of it by sending a
/// request slowly.
@Suite struct EndedSessionTests {
    private let system: ASVSSystem
    private var fixture: RouteFixture { system.fixture }

    init() async throws { system = try await ASVSSystem() }

    /// Lets the owner end all sessions right before the next write.
    private func endBeforeNextWrite() {
        fixture.interleaved.beforeNextWrite { [system] in
            _ = try await system.fixture.store.sessions.endAll(of: system.ada.userID, .user)
        }
    }

    private func expectEnded(_ answer: RouteFixture.Answer) {
        #expect((answer.status, answer.code) == (401, "session_revoked"))
    }

    @Test func itMakesNoAPIKey() async throws {
        endBeforeNextWrite()
        expectEnded(
            try await fixture.send(
                .post, "/v1/api-keys", #"{"name":"robot","scopes":["payments:write"]}"#, as: system.ada))
        #expect(try await fixture.store.count("SELECT count(*) FROM api_keys") == 0)
    }

    @Test func itGetsNoNewSecretOfOne() async throws {
        let key = try await fixture.store.addKey(of: system.ada.userID)
        endBeforeNextWrite()
        expectEnded(try await fixture.send(.post, "/v1/api-keys/\(key.id)/rotate", as: system.ada))
        #expect(try await fixture.store.keys.key(id: key.id, of: system.ada.userID)?.hash == key.hash)
    }

    @Test func itErasesNobody() async throws {
        endBeforeNextWrite()
        expectEnded(try await fixture.send(.delete, "/v1/users/me", as: system.ada))
        #expect(fixture.payments.asked.isEmpty)
        #expect(try await system.logIn().status == 201)
    }

    /// The owner would be locked out by a factor that somebody else has.
    @Test func itTurnsNoSecondFactorOn() async throws {
        let enrolment = try await fixture.send(.post, "/v1/users/me/totp", as: system.ada)
        let totp = try TOTP(text: try #require(enrolment.json["secret"]?.string))
        let body = ASVSSystem.body(["code": system.code(totp)])
        endBeforeNextWrite()
        expectEnded(try await fixture.send(.post, "/v1/users/me/totp/confirm", body, as: system.ada))
        #expect(try await system.logIn().status == 201)
    }

    @Test func itEnrolsNone() async throws {
        endBeforeNextWrite()
        expectEnded(try await fixture.send(.post, "/v1/users/me/totp", as: system.ada))
        #expect(try await fixture.store.count("SELECT count(*) FROM totp_factors") == 0)
    }

    @Test func itTurnsNoneOffAndRenewsNoCodes() async throws {
        let (_, codes) = try await system.enrol()
        endBeforeNextWrite()
        expectEnded(try await fixture.send(.post, "/v1/users/me/recovery-codes", as: system.ada))
        #expect(try await system.prove("recovery_code", codes[0]).status == 201)
        // The session is over by now, so another one is needed to see the other act.
        let next = try await system.prove("recovery_code", codes[1])
        let token = try #require(next.json["access_token"]?.string)
        let login = RouteFixture.Login(
            userID: system.ada.userID, sessionID: try #require(try fixture.claims(of: token)["sid"]?.string),
            accessToken: token, refreshToken: "")
        endBeforeNextWrite()
        expectEnded(try await fixture.send(.delete, "/v1/users/me/totp", as: login))
        #expect(try await system.logIn().code == "second_factor_required")
    }
}

/// The same of what people may do to others: what counts is what they are when it is done.
@Suite struct EndedStaffTests {
    private let admins: AdminFixture
    private var fixture: RouteFixture { admins.fixture }

    init() async throws { admins = try await AdminFixture() }

    @Test func whoIsNoAdminAnyMoreGivesNoRoles() async throws {
        fixture.interleaved.beforeNextWrite { [admins] in try await admins.give("", to: admins.admin.userID) }
        let answer = try await admins.setRoles(["admin"], of: admins.grace, as: admins.admin)
        #expect((answer.status, answer.code) == (403, "insufficient_role"))
        #expect(try await fixture.store.users.roles(of: admins.grace.userID) == .none)
    }

    @Test func whoIsLockedLocksNobody() async throws {
        fixture.interleaved.beforeNextWrite { [admins] in
            let answer = try await admins.lock(admins.support, as: admins.admin)
            #expect(answer.status == 200)
        }
        let answer = try await admins.lock(admins.grace, as: admins.support)
        #expect((answer.status, answer.code) == (401, "session_revoked"))
        #expect(try await fixture.store.count("SELECT count(*) FROM users WHERE locked_at IS NOT NULL") == 1)
    }

    @Test func aSessionThatHasEndedEndsNoOthers() async throws {
        fixture.interleaved.beforeNextWrite { [admins] in
            _ = try await admins.fixture.store.sessions.endAll(of: admins.support.userID, .user)
        }
        let answer = try await admins.send(.delete, "/users/\(admins.ada.userID)/sessions", as: admins.support)
        #expect((answer.status, answer.code) == (401, "session_revoked"))
        #expect(try await fixture.send(.get, "/v1/users/me", as: admins.ada).status == 200)
    }
}
