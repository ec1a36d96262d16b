import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct VerificationTests {
    private static let body = #"{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}"#

    private func signUp(_ fixture: RouteFixture, _ body: String = body) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/users", body)
    }

    private func verify(_ fixture: RouteFixture, _ token: String) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/users/verify-email", #"{"token":"\#(token)"}"#)
    }

    private func resend(_ fixture: RouteFixture, _ email: String) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/users/verify-email/resend", #"{"email":"\#(email)"}"#)
    }

    private func logIn(_ fixture: RouteFixture, _ password: String = RouteFixture.password) async throws
        -> RouteFixture.Answer
    {
        try await fixture.send(.post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(password)"}"#)
    }

    @Test func whoVerifiesMayLogIn() async throws {
        let fixture = try await RouteFixture(verification: .required)
        #expect(try await signUp(fixture).status == 202)
        let early = try await logIn(fixture)
        #expect((early.status, early.code) == (403, "email_not_verified"))
        // Only who knows the password learns that much.
        #expect(try await logIn(fixture, "wrong").code == "invalid_credentials")
        let token = try await fixture.token()
        #expect(token.hasPrefix("tgv_"))
        #expect(try await verify(fixture, token).status == 204)
        #expect(try await logIn(fixture).status == 201)
        #expect(try await fixture.store.events() == ["user.created", "user.verified", "session.created"])
    }

    @Test func aTokenIsGoodOnceForADay() async throws {
        let fixture = try await RouteFixture(verification: .required)
        _ = try await signUp(fixture)
        let token = try await fixture.token()
        #expect(try await verify(fixture, token).status == 204)
        let again = try await verify(fixture, token)
        #expect((again.status, again.code) == (422, "invalid_token"))

        _ = try await signUp(fixture, Self.body.replacing("ada@", with: "eve@"))
        let late = try await fixture.token()
        fixture.store.clock.advance(seconds: 86_400)
        #expect(try await verify(fixture, late).code == "invalid_token")

        _ = try await signUp(fixture, Self.body.replacing("ada@", with: "zoe@"))
        _ = try await fixture.deliver()
        fixture.store.clock.advance(seconds: 86_400)
        #expect(try await fixture.store.outbox.removeOld() == 0)
        fixture.store.clock.advance(seconds: 1)
        #expect(try await fixture.store.outbox.removeOld() == 1)
    }

    @Test func aNewerTokenVoidsTheOlder() async throws {
        let fixture = try await RouteFixture(verification: .optional)
        _ = try await signUp(fixture)
        let older = try await fixture.token()
        #expect(try await resend(fixture, "ada@example.com").status == 202)
        let newer = try await fixture.token()
        #expect(newer != older)
        #expect(try await verify(fixture, older).code == "invalid_token")
        #expect(try await verify(fixture, newer).status == 204)
        // Nothing is left to verify: no mail, and the same answer.
        let sent = try await fixture.deliver().count
        #expect(try await resend(fixture, "ada@example.com").status == 202)
        #expect(try await fixture.deliver().count == sent)
    }

    @Test(arguments: [
        "", "tgv_", "tgp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "tgv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x",
    ])
    func otherTokensAreRefusedAlike(_ token: String) async throws {
        let fixture = try await RouteFixture(verification: .required)
        let answer = try await verify(fixture, token)
        #expect(
            answer.status == 422
                && (token.isEmpty ? answer.code == "validation_failed" : answer.code == "invalid_token"))
    }

    /// Free, taken and waiting addresses: answer and work are the same, and the mailbox tells the rest to its owner alone.
    @Test func noSignUpTellsWhetherAnAddressIsTaken() async throws {
        let fixture = try await RouteFixture(verification: .required)
        let free = try await signUp(fixture)
        let waiting = try await signUp(fixture, Self.body.replacing("correct", with: "another"))
        let fresh = try await fixture.token()
        #expect(try await verify(fixture, fresh).status == 204)
        let taken = try await signUp(fixture, Self.body.replacing("Ada", with: "Eve"))
        for answer in [waiting, taken] {
            #expect(answer.status == 202 && answer.bytes == free.bytes && answer.fields == free.fields)
        }
        let subjects = try await fixture.deliver().map(\.subject)
        #expect(
            subjects == [
                "Verify your e-mail address", "Verify your e-mail address", "Somebody signed up with your address",
            ])
        // The first one's password stands: nobody replaces it by signing up again.
        #expect(try await logIn(fixture).status == 201)
        #expect(try await fixture.store.count("SELECT count(*) FROM users") == 1)
        for address in ["ada@example.com", "nobody@example.com", "not an address"] {
            let answer = try await resend(fixture, address)
            #expect(answer.status == 202 && answer.bytes == free.bytes && answer.fields == free.fields)
        }
    }

    /// For an address that is not known as much is written as for one that is.
    @Test func nobodyCostsAMailToo() async throws {
        let fixture = try await RouteFixture(verification: .required)
        _ = try await signUp(fixture)
        _ = try await resend(fixture, "ada@example.com")
        _ = try await resend(fixture, "nobody@example.com")
        #expect(try await fixture.store.count("SELECT count(*) FROM mails") == 3)
        #expect(try await fixture.deliver().count == 2)
        #expect(try await fixture.store.count("SELECT count(*) FROM mails") == 0)
    }

    @Test func oneRecipientGetsFewMails() async throws {
        let fixture = try await RouteFixture(verification: .required, limits: .on)
        for _ in 0..<10 { #expect(try await resend(fixture, "ada@example.com").status == 202) }
        _ = try await signUp(fixture)
        // The allowance is used up by requests for the address, whether it was known or not.
        #expect(try await fixture.deliver().isEmpty)
        fixture.store.clock.advance(seconds: 600)
        for _ in 0..<10 { #expect(try await resend(fixture, "ada@example.com").status == 202) }
        #expect(try await fixture.deliver().count == 1)
    }

    @Test func requestsForMailsAreLimitedByAddress() async throws {
        let fixture = try await RouteFixture(verification: .required, limits: .on)
        for number in 0..<30 { #expect(try await resend(fixture, "u\(number)@example.com").status == 202) }
        let refused = try await resend(fixture, "u30@example.com")
        #expect((refused.status, refused.code) == (429, "rate_limited"))
    }

    /// The database alone gives nobody a token, nor does the log.
    @Test func tokensAreNotAtRest() async throws {
        let fixture = try await RouteFixture(verification: .required)
        _ = try await signUp(fixture)
        let (hash, salt) = try #require(
            try await fixture.store.database.read {
                try $0.first("SELECT t.hash, m.token_salt FROM one_time_tokens t, mails m") {
                    (try $0.bytes(0), try $0.bytes(1))
                }
            })
        let token = try await fixture.token()
        let secret = try #require(Base64URL.decode(String(token.dropFirst(4))))
        #expect(secret != hash && secret != salt)
        #expect(OneTimeToken(.verifyEmail, salt: salt, key: CredentialKey()).exposed != token)
        #expect(OneTimeToken(.verifyEmail, salt: salt, key: fixture.store.credentialKey).hash == hash)
        #expect(!fixture.log.lines.joined().contains(token))
    }

    @Test func theProfileSaysIt() async throws {
        let fixture = try await RouteFixture(verification: .optional)
        _ = try await signUp(fixture)
        let token = try await fixture.token()
        let session = try await logIn(fixture)
        #expect(session.status == 201)
        let claims = try fixture.claims(of: try #require(session.json["access_token"]?.string))
        let login = RouteFixture.Login(
            userID: try #require(claims["sub"]?.string), sessionID: try #require(claims["sid"]?.string),
            accessToken: "", refreshToken: "")
        let before = try await fixture.send(.get, "/v1/users/me", as: login)
        #expect(before.json["email_verified"]?.bool == false)
        _ = try await verify(fixture, token)
        let after = try await fixture.send(.get, "/v1/users/me", as: login)
        #expect(after.json["email_verified"]?.bool == true && after.fields[.eTag] != before.fields[.eTag])
    }

    /// Money for an address goes to nobody who only claims it.
    @Test(arguments: [EmailVerification.required, .optional, .off])
    func onlyVerifiedAddressesArePaid(_ mode: EmailVerification) async throws {
        let fixture = try await RouteFixture(verification: mode)
        _ = try await signUp(fixture)
        func resolve() async throws -> Int {
            try await fixture.send(
                .get, "/internal/v1/users/resolve?email=ada@example.com",
                identity: try fixture.identity("payments-service")
            ).status
        }
        #expect(try await resolve() == (mode == .off ? 200 : 404))
        _ = try await resend(fixture, "ada@example.com")
        _ = try await verify(fixture, try await fixture.token())
        #expect(try await resolve() == 200)
    }
}
