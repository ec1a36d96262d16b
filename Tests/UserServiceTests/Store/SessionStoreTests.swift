import Chassis
import Storage
import TestSupport
import Testing

@testable import UserService

@Suite struct SessionStoreTests {
    private struct Refused: Error {
        let outcome: SessionStore.RefreshOutcome
    }

    private let fixture: StoreFixture
    private let session: Session
    private let token: RefreshToken

    init() async throws {
        fixture = try await StoreFixture()
        (session, token) = try await fixture.begin(fixture.addUser().id)
    }

    private func successor(of token: RefreshToken) async throws -> RefreshToken {
        let outcome = try await fixture.sessions.refresh(token)
        guard case .renewed(_, let successor) = outcome else { throw Refused(outcome: outcome) }
        return successor
    }

    @Test func tokensAreStoredHashed() async throws {
        let hashes = try await fixture.database.read {
            try $0.all("SELECT hash FROM refresh_tokens") { try $0.bytes(0) }
        }
        #expect(hashes == [token.hash])
        let secret = try #require(Base64URL.decode(String(token.exposed.dropFirst(4))))
        #expect(secret != token.hash)
    }

    @Test func aTokenIsExchangedForItsSuccessor() async throws {
        fixture.clock.advance(seconds: 600)
        guard case .renewed(let renewed, let next) = try await fixture.sessions.refresh(token) else {
            Issue.record("refused")
            return
        }
        #expect(next != token)
        #expect(renewed.id == session.id && renewed.generation == 1 && renewed.refreshedAt == fixture.clock.now)
        #expect(renewed.authenticatedAt == session.authenticatedAt)
        #expect(try await fixture.sessions.session(id: session.id) == renewed)
        fixture.clock.advance(seconds: 600)
        _ = try await successor(of: next)
    }

    @Test func fiftyRacingRefreshesGetOneSuccessor() async throws {
        let (sessions, token) = (fixture.sessions, token)
        let outcomes = try await withThrowingTaskGroup(of: SessionStore.RefreshOutcome.self) { group in
            for _ in 0..<50 { group.addTask { try await sessions.refresh(token) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let successors = outcomes.compactMap { outcome -> String? in
            if case .renewed(_, let token) = outcome { token.exposed } else { nil }
        }
        #expect(successors.count == 50 && Set(successors).count == 1)
        #expect(try await fixture.count("SELECT count(*) FROM refresh_tokens") == 2)
        #expect(try await fixture.sessions.session(id: session.id)?.revocation == nil)
    }

    @Test func aLateReuseRevokesTheFamily() async throws {
        let next = try await successor(of: token)
        fixture.clock.advance(seconds: 10)
        guard case .reused(let revoked) = try await fixture.sessions.refresh(token) else {
            Issue.record("the reuse was not recognised")
            return
        }
        #expect(revoked.revocation == .reuse)
        #expect(try await fixture.sessions.refresh(next) == .refused)
        #expect(try await fixture.sessions.session(id: session.id)?.revocation == .reuse)
        #expect(try await fixture.events().last == "session.revoked")
    }

    @Test func aReuseAfterTheSuccessorWasUsedRevokesAtOnce() async throws {
        let third = try await successor(of: try await successor(of: token))
        guard case .reused = try await fixture.sessions.refresh(token) else {
            Issue.record("the reuse was not recognised")
            return
        }
        #expect(try await fixture.sessions.refresh(third) == .refused)
    }

    @Test func theSaltOfAUsedSuccessorIsForgotten() async throws {
        let salts: SQL = "SELECT count(*) FROM refresh_tokens WHERE successor_salt IS NOT NULL"
        let next = try await successor(of: token)
        #expect(try await fixture.count(salts) == 1)
        _ = try await successor(of: next)
        #expect(try await fixture.count(salts) == 1)
    }

    @Test func guessesDoNotReachTheWriter() async throws {
        let before = fixture.database.statistics.writes
        #expect(try await fixture.sessions.refresh(.random()) == .refused)
        #expect(fixture.database.statistics.writes == before)
    }

    @Test func logoutEndsIt() async throws {
        #expect(try await fixture.sessions.logOut(id: session.id))
        #expect(try await !fixture.sessions.logOut(id: session.id))
        #expect(try await fixture.sessions.refresh(token) == .refused)
        #expect(try await fixture.events() == ["user.created", "session.created", "session.revoked"])
    }

    @Test func endedSessionsAreRemovedWithTheirTokens() async throws {
        _ = try await successor(of: token)
        fixture.clock.advance(milliseconds: fixture.policy.idle)
        #expect(try await fixture.sessions.removeEnded() == 0)
        let (kept, _) = try await fixture.begin(session.userID)
        fixture.clock.advance(milliseconds: 1)
        #expect(try await fixture.sessions.removeEnded() == 1)
        #expect(try await fixture.sessions.session(id: session.id) == nil)
        #expect(try await fixture.sessions.session(id: kept.id) != nil)
        #expect(try await fixture.count("SELECT count(*) FROM refresh_tokens") == 1)
    }
}
