import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

@Suite struct RefreshTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    private func next(_ token: String) async throws -> String {
        let answer = try await fixture.refresh(token)
        try #require(answer.status == 200)
        return try #require(answer.json["refresh_token"]?.string)
    }

    @Test func answersWithNewTokensOfTheSameSession() async throws {
        let login = try await fixture.logIn()
        fixture.store.clock.advance(seconds: 500)
        let answer = try await fixture.refresh(login.refreshToken)
        #expect(answer.status == 200 && answer.fields[.cacheControl] == "no-store")
        #expect(answer.json.object?.map(\.name) == ["access_token", "refresh_token", "token_type", "expires_in"])
        let (old, new) = (
            try fixture.claims(of: login.accessToken),
            try fixture.claims(of: try #require(answer.json["access_token"]?.string))
        )
        for claim in ["sub", "sid", "auth_time", "scope"] { #expect(old[claim] == new[claim]) }
        #expect(old["jti"] != new["jti"])
        #expect(new["iat"]?.integer == fixture.store.clock.now / 1_000)
    }

    @Test func fiftyThatRaceGetOneSuccessor() async throws {
        let (fixture, login) = (fixture, try await fixture.logIn())
        let answers = try await withThrowingTaskGroup(of: RouteFixture.Answer.self) { group in
            for _ in 0..<50 { group.addTask { try await fixture.refresh(login.refreshToken) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 200 })
        #expect(Set(answers.compactMap { $0.json["refresh_token"]?.string }).count == 1)
        #expect(Set(answers.compactMap { $0.json["access_token"]?.string }).count == 50)
        // And the session lives on.
        _ = try await next(try #require(answers[0].json["refresh_token"]?.string))
    }

    @Test func reuseRevokesTheWholeFamily() async throws {
        let login = try await fixture.logIn()
        let second = try await next(login.refreshToken)
        fixture.store.clock.advance(seconds: 11)
        for token in [login.refreshToken, second] {
            let answer = try await fixture.refresh(token)
            #expect((answer.status, answer.code) == (401, "invalid_refresh_token"))
        }
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).code == "session_revoked")
        let lines = fixture.log.lines
        #expect(lines.count == 1 && lines[0].contains(login.sessionID))
        #expect(!lines[0].contains(login.refreshToken) && !lines[0].contains("@"))
    }

    @Test func anotherSessionOfTheUserLivesOn() async throws {
        let login = try await fixture.logIn()
        let other = try await fixture.send(
            .post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(RouteFixture.password)"}"#)
        _ = try await next(try await next(login.refreshToken))
        #expect(try await fixture.refresh(login.refreshToken).status == 401)
        #expect(try await fixture.refresh(try #require(other.json["refresh_token"]?.string)).status == 200)
    }

    @Test func endsAfterTheIdleTime() async throws {
        let login = try await fixture.logIn()
        fixture.store.clock.advance(milliseconds: fixture.store.policy.idle)
        #expect(try await fixture.refresh(login.refreshToken).status == 401)
    }

    @Test func endsAfterTheAbsoluteTimeAndTheLastAccessTokenWithIt() async throws {
        let login = try await fixture.logIn()
        let policy = fixture.store.policy
        var token = login.refreshToken
        let step = policy.idle - 1
        var passed: Int64 = 0
        while passed + step < policy.absolute {
            fixture.store.clock.advance(milliseconds: step)
            passed += step
            token = try await next(token)
        }
        fixture.store.clock.advance(milliseconds: policy.absolute - passed - 60_000)
        let last = try await fixture.refresh(token)
        #expect(last.status == 200 && last.json["expires_in"]?.integer == 60)
        fixture.store.clock.advance(milliseconds: 60_000)
        #expect(try await fixture.refresh(try #require(last.json["refresh_token"]?.string)).status == 401)
    }

    @Test(arguments: ["", "x", "tgr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
    func refusesWhatIsNoToken(_ token: String) async throws {
        let answer = try await fixture.refresh(token)
        #expect(answer.status == (token.isEmpty ? 422 : 401))
    }

    @Test func refusesUnknownMembers() async throws {
        let answer = try await fixture.send(
            .post, "/v1/tokens/refresh", #"{"refresh_token":"x","grant_type":"refresh_token"}"#)
        #expect((answer.status, answer.code) == (422, "validation_failed"))
    }
}
