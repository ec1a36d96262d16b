import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct PasswordRoutesTests {
    private static let other = "a tollbooth in winter"
    private let fixture: RouteFixture
    private let login: RouteFixture.Login

    init() async throws {
        fixture = try await RouteFixture()
        login = try await fixture.logIn()
    }

    private func logIn(_ password: String) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(password)"}"#)
    }

    private func change(_ current: String, _ new: String) async throws -> RouteFixture.Answer {
        try await fixture.send(
            .put, "/v1/users/me/password", #"{"current_password":"\#(current)","new_password":"\#(new)"}"#, as: login)
    }

    private func forgot(_ email: String = "ada@example.com") async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/password/forgot", #"{"email":"\#(email)"}"#)
    }

    private func reset(_ token: String, _ new: String = other) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/password/reset", #"{"token":"\#(token)","new_password":"\#(new)"}"#)
    }

    // MARK: - With the current one

    @Test func aChangeEndsTheOtherSessions() async throws {
        let elsewhere = try await logIn(RouteFixture.password)
        _ = try await forgot()
        let token = try await fixture.token()
        #expect(try await change(RouteFixture.password, Self.other).status == 204)
        #expect(try await logIn(RouteFixture.password).status == 401)
        #expect(try await logIn(Self.other).status == 201)
        // This session goes on, the other one does not, and the mail from before opens nothing any more.
        #expect(try await fixture.refresh(login.refreshToken).status == 200)
        #expect(try await fixture.refresh(try #require(elsewhere.json["refresh_token"]?.string)).status == 401)
        #expect(try await reset(token).code == "invalid_token")
        #expect(try await fixture.deliver().last?.subject == "Your password was changed")
        let reasons = try await fixture.store.database.read {
            try $0.all("SELECT revocation FROM sessions WHERE revocation IS NOT NULL") { try $0.string(0) }
        }
        #expect(reasons == ["password_changed"])
        #expect(try await fixture.store.events().filter { $0 == "session.revoked" }.count == 1)
    }

    @Test func aChangeNeedsTheCurrentPassword() async throws {
        let answer = try await change("wrong", Self.other)
        #expect((answer.status, answer.code) == (403, "wrong_password"))
        #expect(try await logIn(RouteFixture.password).status == 201)
        #expect(try await fixture.deliver().isEmpty)
    }

    @Test(arguments: [
        ("12345678", "password_refused"), ("short", "password_refused"), ("ada@example.com", "password_refused"),
    ])
    func aChangeToABadOneIsRefused(_ new: String, _ code: String) async throws {
        let answer = try await change(RouteFixture.password, new)
        #expect((answer.status, answer.code) == (422, code))
        #expect(answer.json["errors"]?[0]?["pointer"]?.string == "/new_password")
        #expect(!answer.text.contains(new))
    }

    @Test func aChangeNeedsALoginAndNothingElse() async throws {
        let body = #"{"current_password":"\#(RouteFixture.password)","new_password":"\#(Self.other)"}"#
        #expect(try await fixture.send(.put, "/v1/users/me/password", body).status == 401)
        let key = try fixture.identity(user: login.userID, key: "key_1")
        #expect(try await fixture.send(.put, "/v1/users/me/password", body, identity: key).code == "session_required")
        let reading = try fixture.identity(user: login.userID, session: login.sessionID, scopes: ["users:read"])
        #expect(
            try await fixture.send(.put, "/v1/users/me/password", body, identity: reading).code == "insufficient_scope")
        let more = #"{"current_password":"x","new_password":"\#(Self.other)","role":"admin"}"#
        #expect(try await fixture.send(.put, "/v1/users/me/password", more, as: login).code == "validation_failed")
    }

    /// Somebody at an open session guesses: slowly, and without slowing down the owner's login.
    @Test func guessesAtAnOpenSessionHaveToWait() async throws {
        let fixture = try await RouteFixture(limits: .on)
        let login = try await fixture.logIn()
        func guess() async throws -> Int {
            try await fixture.send(
                .put, "/v1/users/me/password", #"{"current_password":"wrong","new_password":"\#(Self.other)"}"#,
                as: login
            ).status
        }
        for _ in 0..<6 { #expect(try await guess() == 403) }
        #expect(try await guess() == 429)
        let answer = try await fixture.send(
            .post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(RouteFixture.password)"}"#)
        #expect(answer.status == 201)
    }

    @Test func ofTwoChangesThatRaceOneCounts() async throws {
        let (fixture, login) = (fixture, login)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<4 {
                group.addTask {
                    try await fixture.send(
                        .put, "/v1/users/me/password",
                        #"{"current_password":"correct horse battery","new_password":"tollbooth number \#(number)"}"#,
                        as: login
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [204, 403, 403, 403])
    }

    // MARK: - By mail

    @Test func aResetEndsAllSessions() async throws {
        #expect(try await forgot().status == 202)
        let token = try await fixture.token()
        #expect(token.hasPrefix("tgp_"))
        #expect(try await reset(token).status == 204)
        #expect(try await fixture.refresh(login.refreshToken).status == 401)
        #expect(try await fixture.send(.get, "/v1/users/me", as: login).code == "session_revoked")
        #expect(try await logIn(RouteFixture.password).status == 401)
        #expect(try await logIn(Self.other).status == 201)
        #expect(try await fixture.deliver().map(\.subject) == ["Choose another password", "Your password was changed"])
        // Who reads the mail at the address has verified it.
        #expect(try await fixture.store.users.user(id: login.userID)?.isEmailVerified == true)
    }

    @Test func aTokenResetsOnce() async throws {
        _ = try await forgot()
        let token = try await fixture.token()
        #expect(try await reset(token).status == 204)
        let again = try await reset(token, "another tollbooth")
        #expect((again.status, again.code) == (422, "invalid_token"))
        #expect(try await logIn(Self.other).status == 201)
    }

    @Test func ofManyUsesThatRaceOneCounts() async throws {
        _ = try await forgot()
        let (fixture, token) = (fixture, try await fixture.token())
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await fixture.send(
                        .post, "/v1/password/reset",
                        #"{"token":"\#(token)","new_password":"tollbooth number \#(number)"}"#
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [204] + Array(repeating: 422, count: 7))
    }

    @Test func aTokenLastsHalfAnHour() async throws {
        _ = try await forgot()
        let token = try await fixture.token()
        fixture.store.clock.advance(seconds: 1_799)
        #expect(try await reset(token, "12345678").code == "password_refused")
        // A refused password does not use the token up.
        fixture.store.clock.advance(seconds: 1)
        #expect(try await reset(token).code == "invalid_token")
    }

    @Test func aNewerMailVoidsTheOlder() async throws {
        _ = try await forgot()
        let older = try await fixture.token()
        _ = try await forgot()
        let newer = try await fixture.token()
        #expect(try await reset(older).code == "invalid_token")
        #expect(try await reset(newer).status == 204)
    }

    @Test func aTokenOfAnotherPurposeIsNone() async throws {
        _ = try await fixture.send(.post, "/v1/users/verify-email/resend", #"{"email":"ada@example.com"}"#)
        let token = try await fixture.token()
        #expect(try await reset("tgp_" + token.dropFirst(4)).code == "invalid_token")
        #expect(try await reset(token).code == "invalid_token")
    }

    @Test(arguments: ["nobody@example.com", "not an address"]) func anUnknownAddressIsAnsweredAlike(_ email: String)
        async throws
    {
        let (known, unknown) = (try await forgot(), try await forgot(email))
        #expect(known.status == 202 && unknown.status == 202)
        #expect(known.bytes == unknown.bytes && known.fields == unknown.fields)
        #expect(try await fixture.store.count("SELECT count(*) FROM mails") == 2)
        #expect(try await fixture.deliver().count == 1)
    }

    // MARK: - What is thought of one

    @Test(arguments: [
        ("12345678", false, "common"), ("ada@example.com", false, "personal"), ("abcdefg", false, "too_short"),
        ("correct horse battery staple", true, nil as String?),
    ])
    func aPasswordIsJudged(_ password: String, _ isAcceptable: Bool, _ reason: String?) async throws {
        let answer = try await fixture.send(
            .post, "/v1/passwords/check", #"{"password":"\#(password)","email":"ada@example.com","name":"Ada"}"#)
        #expect(answer.status == 200)
        #expect(answer.json.object?.map(\.name) == ["acceptable", "reason", "strength", "hint"])
        #expect(answer.json["acceptable"]?.bool == isAcceptable && answer.json["reason"]?.string == reason)
        #expect(((answer.json["strength"]?.integer ?? -1) > 0) == isAcceptable)
        #expect(!answer.text.contains(password))
    }
}
