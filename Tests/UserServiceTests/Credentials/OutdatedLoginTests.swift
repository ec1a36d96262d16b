import Chassis
import HTTPTypes
import JSON
import Sockets
import Storage
import Testing

@testable import UserService

/// A login whose password was checked, and then changed before its session began.
@Suite struct OutdatedLoginTests {
    private let system: ASVSSystem

    init() async throws { system = try await ASVSSystem() }

    private var fixture: RouteFixture { system.fixture }

    private func liveSessions() async throws -> Int {
        try await fixture.store.count("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
    }

    /// Lets somebody reset the password by mail right before the next write.
    private func resetBeforeNextWrite() {
        fixture.interleaved.beforeNextWrite { [system] in
            let answer = try await system.reset()
            #expect(answer.status == 204)
        }
    }

    @Test func aResetInBetweenLeavesNoSession() async throws {
        resetBeforeNextWrite()
        let answer = try await system.logIn()
        #expect((answer.status, answer.code) == (401, "invalid_credentials"))
        #expect(try await liveSessions() == 0)
        #expect(try await system.logIn(ASVSSystem.other).status == 201)
    }

    @Test func aChangeInBetweenLeavesTheSessionOfTheChangeAlone() async throws {
        fixture.interleaved.beforeNextWrite { [system] in
            let answer = try await system.change(RouteFixture.password, to: ASVSSystem.other, as: system.ada)
            #expect(answer.status == 204)
        }
        #expect(try await system.logIn().code == "invalid_credentials")
        #expect(try await liveSessions() == 1)
        #expect(try await fixture.send(.get, "/v1/users/me", as: system.ada).status == 200)
    }

    /// Locked as well: who has the old password does not learn of it.
    @Test func aLockIsNotToldToTheOldPassword() async throws {
        fixture.interleaved.beforeNextWrite { [system] in
            let answer = try await system.reset()
            #expect(answer.status == 204)
            try await system.fixture.store.database.write {
                _ = try $0.execute("UPDATE users SET locked_at = 1, lock_reason = 'x'")
            }
        }
        #expect(try await system.logIn().code == "invalid_credentials")
    }

    /// A login that was found to need no second factor, which was turned on before it began.
    @Test func aSecondFactorThatIsTurnedOnInBetweenIsNotPassedBy() async throws {
        fixture.interleaved.beforeNextWrite { [system] in _ = try await system.enrol() }
        #expect(try await system.logIn().code == "invalid_credentials")
        #expect(try await liveSessions() == 1)
        #expect(try await system.logIn().code == "second_factor_required")
    }

    @Test func aResetVoidsTheLoginsThatWaitForACode() async throws {
        let (totp, _) = try await system.enrol()
        let challenge = try #require(try await system.logIn().json["challenge"]?.string)
        #expect(try await system.reset().status == 204)
        let answer = try await fixture.send(
            .post, "/v1/sessions/second-factor",
            ASVSSystem.body(["challenge": challenge, "code": system.code(totp)]))
        #expect((answer.status, answer.code) == (401, "invalid_challenge"))
        #expect(try await liveSessions() == 0)
    }

    /// The challenge itself is made after the reset, for a password that was checked before it.
    @Test func aChallengeOfTheOldPasswordIsVoid() async throws {
        let (totp, _) = try await system.enrol()
        resetBeforeNextWrite()
        let challenge = try #require(try await system.logIn().json["challenge"]?.string)
        let answer = try await fixture.send(
            .post, "/v1/sessions/second-factor",
            ASVSSystem.body(["challenge": challenge, "code": system.code(totp)]))
        #expect(answer.code == "invalid_challenge")
        #expect(try await liveSessions() == 0)
        let next = try await system.logIn(ASVSSystem.other, code: system.code(totp))
        #expect(next.status == 201)
    }

    @Test func aLoginInOneRequestIsNoExceptionEither() async throws {
        let (totp, _) = try await system.enrol()
        let code = system.code(totp)
        resetBeforeNextWrite()
        #expect(try await system.logIn(code: code).code == "invalid_credentials")
        #expect(try await liveSessions() == 0)
    }

    @Test func anOldPasswordProvesNothingInASessionThatGoesOn() async throws {
        fixture.interleaved.beforeNextWrite { [system] in
            let answer = try await system.change(RouteFixture.password, to: ASVSSystem.other, as: system.ada)
            #expect(answer.status == 204)
        }
        let answer = try await fixture.send(
            .post, "/v1/sessions/current/reauthenticate", ASVSSystem.body(["password": RouteFixture.password]),
            as: system.ada)
        #expect((answer.status, answer.code) == (401, "invalid_credentials"))
    }

    /// Who is erased between the password and what follows is answered as anybody, and no error of ours.
    @Test func anErasureInBetweenLeavesNoTrace() async throws {
        _ = try await system.enrol()
        fixture.interleaved.beforeNextWrite { [fixture, system] in
            let answer = try await fixture.send(.delete, "/v1/users/me", as: system.ada)
            #expect(answer.status == 204)
        }
        #expect(try await system.logIn().code == "second_factor_required")
        #expect(try await fixture.store.count("SELECT count(*) FROM login_challenges") == 0)
        let addresses = KnownAddressStore(
            database: fixture.store.database, clock: fixture.store.clock, key: fixture.store.credentialKey)
        try await addresses.remember(try #require(SocketAddress(ip: "203.0.113.5", port: 1)), of: system.ada.userID)
        #expect(try await fixture.store.count("SELECT count(*) FROM known_addresses") == 0)
    }

    /// A hash that is only made costlier is the same password.
    @Test func aCostlierHashOutdatesNothing() async throws {
        let user = try #require(try await fixture.store.users.credential(ofUser: system.ada.userID))
        let cheap = try ScryptHash(
            of: try #require(Password(given: RouteFixture.password)), cost: ScryptCost(logN: 2, r: 8, p: 1))
        try await fixture.store.users.replaceHash(of: user.userID, user.hash, by: cheap)
        #expect(try await system.logIn().status == 201)
        let after = try #require(try await fixture.store.users.credential(ofUser: user.userID))
        #expect(after.hash != cheap && after.version == user.version)
    }
}
