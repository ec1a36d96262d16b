import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct SecondFactorTests {
    private let fixture: RouteFixture
    private let login: RouteFixture.Login

    init() async throws {
        fixture = try await RouteFixture()
        login = try await fixture.logIn()
    }

    private struct Enrolled {
        let totp: TOTP
        let codes: [String]
    }

    private var clock: ManualWallClock { fixture.store.clock }

    /// A code of the time, after enough of it that none was used.
    private func code(_ totp: TOTP) -> String {
        clock.advance(seconds: 90)
        return totp.code(step: TOTP.step(at: clock.now))
    }

    private func wrong(_ totp: TOTP) -> String {
        let now = TOTP.step(at: clock.now)
        let good = Set((-1...1).map { totp.code(step: now + $0) })
        return ["000000", "111111", "222222", "333333"].first { !good.contains($0) } ?? "444444"
    }

    private func post(_ path: String, _ body: String?) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, path, body, as: login)
    }

    private func secret() async throws -> TOTP {
        let answer = try await post("/v1/users/me/totp", nil)
        try #require(answer.status == 201)
        let text = try #require(answer.json["secret"]?.string)
        #expect(answer.json["otpauth_uri"]?.string?.contains("secret=\(text)&") == true)
        #expect(answer.fields[.cacheControl] == "no-store")
        return try TOTP(text: text)
    }

    private func enrol() async throws -> Enrolled {
        let totp = try await secret()
        let answer = try await post("/v1/users/me/totp/confirm", #"{"code":"\#(code(totp))"}"#)
        try #require(answer.status == 200)
        return Enrolled(totp: totp, codes: answer.json["recovery_codes"]?.array?.compactMap(\.string) ?? [])
    }

    private func logIn(_ more: String = "") async throws -> RouteFixture.Answer {
        try await fixture.send(
            .post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(RouteFixture.password)"\#(more)}"#)
    }

    private func challenge() async throws -> String {
        let answer = try await logIn()
        #expect(answer.status == 401 && answer.code == "second_factor_required")
        return try #require(answer.json["challenge"]?.string)
    }

    private func answer(_ challenge: String, _ proof: String) async throws -> RouteFixture.Answer {
        try await fixture.send(
            .post, "/v1/sessions/second-factor", #"{"challenge":"\#(challenge)",\#(proof)}"#)
    }

    private func acr(_ answer: RouteFixture.Answer) throws -> String? {
        try fixture.claims(of: try #require(answer.json["access_token"]?.string))["acr"]?.string
    }

    // MARK: - On and off

    @Test func itIsTurnedOnByACodeAndGivesTenRecoveryCodes() async throws {
        #expect(try await fixture.send(.get, "/v1/users/me/totp", as: login).json["enabled"]?.bool == false)
        let totp = try await secret()
        #expect(try await logIn().status == 201)
        #expect(
            try await post("/v1/users/me/totp/confirm", #"{"code":"\#(wrong(totp))"}"#).code == "invalid_second_factor")
        let confirmed = try await post("/v1/users/me/totp/confirm", #"{"code":"\#(code(totp))"}"#)
        #expect(confirmed.status == 200)
        let codes = confirmed.json["recovery_codes"]?.array?.compactMap(\.string) ?? []
        #expect(Set(codes).count == 10)
        let status = try await fixture.send(.get, "/v1/users/me/totp", as: login).json
        #expect(status["enabled"]?.bool == true && status["recovery_codes_left"]?.integer == 10)
        #expect(try await post("/v1/users/me/totp", nil).code == "totp_enabled")
        #expect(try await post("/v1/users/me/totp/confirm", #"{"code":"123456"}"#).code == "nothing_to_confirm")
    }

    @Test func sessionsThatBeganWithoutItEnd() async throws {
        let other = try await logIn()
        let refresh = try #require(other.json["refresh_token"]?.string)
        _ = try await enrol()
        #expect(try await fixture.refresh(refresh).status == 401)
        let mine = try await fixture.refresh(login.refreshToken)
        #expect(try acr(mine) == "urn:tollgate:acr:mfa")
    }

    @Test func theSecretAndTheCodesAreNotReadableInTheDatabase() async throws {
        let enrolled = try await enrol()
        let stored = try await fixture.store.database.read {
            try $0.all("SELECT secret FROM totp_factors") { try $0.bytes(0) }
        }
        #expect(stored.count == 1 && stored[0].count > 40)
        #expect(!stored[0].indices.contains { stored[0][$0...].starts(with: enrolled.totp.secret) })
        let hashes = try await fixture.store.database.read {
            try $0.all("SELECT hash FROM recovery_codes") { try $0.bytes(0) }
        }
        #expect(Set(hashes) == Set(enrolled.codes.compactMap { RecoveryCode($0)?.hash }))
    }

    @Test func withoutALateProofNothingIsChanged() async throws {
        let enrolled = try await enrol()
        clock.advance(seconds: 301)
        for (method, path) in [
            (HTTPRequest.Method.post, "/v1/users/me/totp"), (.delete, "/v1/users/me/totp"),
            (.post, "/v1/users/me/totp/confirm"), (.post, "/v1/users/me/recovery-codes"),
        ] {
            let refused = try await fixture.send(method, path, nil, as: login)
            #expect(refused.status == 401 && refused.code == "insufficient_user_authentication", "\(path)")
        }
        let proof = #"{"password":"\#(RouteFixture.password)","code":"\#(code(enrolled.totp))"}"#
        #expect(try await post("/v1/sessions/current/reauthenticate", proof).status == 200)
        #expect(try await fixture.send(.delete, "/v1/users/me/totp", as: login).status == 204)
        #expect(try await fixture.send(.delete, "/v1/users/me/totp", as: login).status == 404)
        #expect(try await logIn().status == 201)
        #expect(try await fixture.store.count("SELECT count(*) FROM recovery_codes") == 0)
    }

    // MARK: - Logging in

    @Test func aLoginIsFinishedByACode() async throws {
        let enrolled = try await enrol()
        let challenge = try await challenge()
        let code = code(enrolled.totp)
        let done = try await answer(challenge, #""code":"\#(code)""#)
        #expect(done.status == 201)
        #expect(try acr(done) == "urn:tollgate:acr:mfa")
        // Neither the challenge nor the code works twice.
        #expect(try await answer(challenge, #""code":"\#(code)""#).code == "invalid_challenge")
        #expect(try await answer(try await self.challenge(), #""code":"\#(code)""#).code == "invalid_second_factor")
    }

    @Test func aLoginWithACodeNeedsOneRequest() async throws {
        let enrolled = try await enrol()
        let done = try await logIn(#","code":"\#(code(enrolled.totp))""#)
        #expect(done.status == 201)
        #expect(try acr(done) == "urn:tollgate:acr:mfa")
        #expect(try await logIn(#","code":"\#(wrong(enrolled.totp))""#).code == "invalid_second_factor")
        let wrongPassword = try await fixture.send(
            .post, "/v1/sessions",
            #"{"email":"ada@example.com","password":"not the password","code":"\#(code(enrolled.totp))"}"#)
        #expect(wrongPassword.code == "invalid_credentials")
    }

    @Test func aRecoveryCodeWorksOnce() async throws {
        let enrolled = try await enrol()
        let code = try #require(enrolled.codes.first)
        #expect(try await answer(try await challenge(), #""recovery_code":"\#(code)""#).status == 201)
        #expect(try await answer(try await challenge(), #""recovery_code":"\#(code)""#).code == "invalid_second_factor")
        let renewed = try await post("/v1/users/me/recovery-codes", nil)
        #expect(renewed.status == 200)
        let old = #""recovery_code":"\#(enrolled.codes[1])""#
        #expect(try await answer(try await challenge(), old).code == "invalid_second_factor")
        let new = renewed.json["recovery_codes"]?.array?.compactMap(\.string) ?? []
        #expect(try await answer(try await challenge(), #""recovery_code":"\#(new[9])""#).status == 201)
    }

    /// Whichever write finds the database too busy, the same request goes through afterwards.
    @Test func aRecoveryCodeIsNotUsedUpByALoginThatFails() async throws {
        let enrolled = try await enrol()
        var done = try await logIn(#","recovery_code":"nobody""#)
        for writes in 0..<5 where done.status != 201 {
            fixture.interleaved.fail(afterWrites: writes)
            done = try await logIn(#","recovery_code":"\#(enrolled.codes[0])""#)
            #expect(done.status == 201 || done.status == 503, "\(done.text)")
        }
        #expect(done.status == 201)
        fixture.interleaved.beforeNextWrite {}
        #expect(try await logIn(#","recovery_code":"\#(enrolled.codes[0])""#).code == "invalid_second_factor")
    }

    @Test func norByANewProofThatFails() async throws {
        let enrolled = try await enrol()
        let body = #"{"password":"\#(RouteFixture.password)","recovery_code":"\#(enrolled.codes[0])"}"#
        var status = 0
        for writes in 0..<5 where status != 200 {
            fixture.interleaved.fail(afterWrites: writes)
            status = try await post("/v1/sessions/current/reauthenticate", body).status
            #expect(status == 200 || status == 503)
        }
        #expect(status == 200)
        fixture.interleaved.beforeNextWrite {}
        let again = try await post("/v1/sessions/current/reauthenticate", body)
        #expect(again.code == "invalid_second_factor")
    }

    @Test func aChallengeEndsAfterFiveMinutesAndFiveTries() async throws {
        let enrolled = try await enrol()
        let late = try await challenge()
        clock.advance(milliseconds: LoginChallenge.life)
        #expect(try await answer(late, #""recovery_code":"\#(enrolled.codes[0])""#).code == "invalid_challenge")
        let tried = try await challenge()
        for _ in 0..<5 {
            #expect(try await answer(tried, #""recovery_code":"x""#).code == "invalid_second_factor")
        }
        #expect(try await answer(tried, #""recovery_code":"\#(enrolled.codes[0])""#).code == "invalid_challenge")
        #expect(try await fixture.store.count("SELECT count(*) FROM login_challenges") == 2)
    }

    @Test func guessesArePausedButARecoveryCodeIsNot() async throws {
        let enrolled = try await enrol()
        for _ in 0..<5 { _ = try await logIn(#","code":"\#(wrong(enrolled.totp))""#) }
        let good = enrolled.totp.code(step: TOTP.step(at: clock.now))
        let paused = try await logIn(#","code":"\#(good)""#)
        #expect(paused.status == 429 && paused.code == "too_many_codes" && paused.fields[.retryAfter] == "30")
        #expect(try await logIn(#","recovery_code":"\#(enrolled.codes[0])""#).status == 201)
        clock.advance(seconds: 30)
        #expect(try await logIn(#","code":"\#(code(enrolled.totp))""#).status == 201)
    }

    @Test func aChallengeOpensNothingElse() async throws {
        _ = try await enrol()
        let challenge = try await challenge()
        #expect(try await fixture.refresh(challenge).status == 401)
        #expect(try await answer("tgc_x", #""code":"123456""#).code == "invalid_challenge")
        #expect(try await answer(login.refreshToken, #""code":"123456""#).code == "invalid_challenge")
        for body in ["\"x\":1", #""code":"123456","recovery_code":"x""#, #""code":"12345""#, #""code":123456"#] {
            #expect(try await answer(challenge, body).status == 422)
        }
    }

    @Test func oneCodeBeginsOneSessionHoweverManyRace() async throws {
        let enrolled = try await enrol()
        let code = code(enrolled.totp)
        let fixture = fixture
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await fixture.send(
                        .post, "/v1/sessions",
                        #"{"email":"ada@example.com","password":"\#(RouteFixture.password)","code":"\#(code)"}"#
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [201, 401, 401, 401])
    }

    // MARK: - Step-up

    @Test func aNewProofMakesTheSessionFresh() async throws {
        clock.advance(seconds: 400)
        let wrong = try await post("/v1/sessions/current/reauthenticate", #"{"password":"not the password"}"#)
        #expect(wrong.status == 401 && wrong.code == "invalid_credentials")
        let done = try await post(
            "/v1/sessions/current/reauthenticate", #"{"password":"\#(RouteFixture.password)"}"#)
        #expect(done.status == 200 && done.json["refresh_token"] == nil)
        let claims = try fixture.claims(of: try #require(done.json["access_token"]?.string))
        #expect(claims["auth_time"]?.integer == clock.now / 1_000)
        #expect(claims["sid"]?.string == login.sessionID && claims["acr"]?.string == "urn:tollgate:acr:password")
        #expect(try await post("/v1/users/me/totp", nil).status == 201)
        // A refresh keeps the time of the proof and does not renew it.
        clock.advance(seconds: 60)
        let next = try await fixture.refresh(login.refreshToken)
        let later = try fixture.claims(of: try #require(next.json["access_token"]?.string))
        #expect(later["auth_time"] == claims["auth_time"])
    }

    @Test func withASecondFactorThePasswordAloneIsNoProof() async throws {
        let enrolled = try await enrol()
        clock.advance(seconds: 400)
        let path = "/v1/sessions/current/reauthenticate"
        let alone = try await post(path, #"{"password":"\#(RouteFixture.password)"}"#)
        #expect(alone.code == "second_factor_required" && alone.json["challenge"] == nil)
        let bad = #"{"password":"\#(RouteFixture.password)","code":"\#(wrong(enrolled.totp))"}"#
        #expect(try await post(path, bad).code == "invalid_second_factor")
        #expect(try await fixture.send(.delete, "/v1/users/me/totp", as: login).status == 401)
        let good = #"{"password":"\#(RouteFixture.password)","recovery_code":"\#(enrolled.codes[3])"}"#
        let done = try await post(path, good)
        #expect(done.status == 200)
        #expect(try acr(done) == "urn:tollgate:acr:mfa")
        #expect(try await fixture.send(.delete, "/v1/users/me/totp", as: login).status == 204)
    }
}
