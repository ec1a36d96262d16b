import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// Verification, passwords and their abuse, with real processes: requests through the gateway, mails out of the folder that
/// they are delivered into.
@Suite(.serialized) struct CredentialTests {
    private static let password = "correct horse battery staple"
    private static let other = "a tollbooth in winter"

    private func signUp(_ api: APIClient, _ email: String) async throws -> APIClient.Answer {
        try await api.send(
            .post, "/api/v1/users",
            ["email": .string(email), "password": .string(Self.password), "name": "Ada"])
    }

    private func logIn(_ api: APIClient, _ email: String, _ password: String = password) async throws
        -> APIClient.Answer
    {
        try await api.send(.post, "/api/v1/sessions", ["email": .string(email), "password": .string(password)])
    }

    /// The token in the newest of `count` mails to an address, as `tollgate mail` shows them.
    private func token(_ data: String, to email: String, mails count: Int) async throws -> String {
        var shown = ""
        try await waitUntil("mail \(count) to \(email) has arrived", timeout: .seconds(30)) {
            let tool = RunningProgram(Programs.tollgate, ["mail", "--data", data, "--to", email])
            _ = await tool.exitStatus()
            shown = tool.output
            return shown.matches(of: #/(?m)^Subject: /#).count >= count
        }
        let match = try #require(shown.matches(of: #/(?m)^Token: (tg[vp]_[A-Za-z0-9_-]{43})$/#).last)
        return String(match.1)
    }

    @Test func anAddressIsVerifiedAndAPasswordReset() async throws {
        let system = try await DirectSystem(
            environment: ["RATE_LIMITS": "off", "EMAIL_VERIFICATION": "required", "LOG_LEVEL": "trace"])
        let (api, email) = (system.api, "ada@example.com")

        // Free or taken: the answer is the same.
        let free = try await signUp(api, email)
        #expect(free.status == 202 && free.body["status"] == "accepted")
        let early = try await logIn(api, email)
        #expect((early.status, early.code) == (403, "email_not_verified"))
        let verification = try await token(system.data, to: email, mails: 1)
        #expect(try await api.send(.post, "/api/v1/users/verify-email", ["token": .string(verification)]).status == 204)
        let again = try await api.send(.post, "/api/v1/users/verify-email", ["token": .string(verification)])
        #expect((again.status, again.code) == (422, "invalid_token"))
        let taken = try await signUp(api, email)
        #expect(taken.status == free.status && taken.bytes == free.bytes)

        let session = try await logIn(api, email)
        let access = try #require(session.body["access_token"]?.string)
        let profile = try await api.send(.get, "/api/v1/users/me", token: access)
        #expect(profile.body["email_verified"] == .bool(true))

        // Known or not: the answer is the same.
        let forgotten = try await api.send(.post, "/api/v1/password/forgot", ["email": .string(email)])
        let unknown = try await api.send(.post, "/api/v1/password/forgot", ["email": "nobody@example.com"])
        #expect(forgotten.status == 202 && unknown.status == 202 && forgotten.bytes == unknown.bytes)
        let reset = try await token(system.data, to: email, mails: 3)
        let body: JSONValue = ["token": .string(reset), "new_password": .string(Self.other)]
        #expect(try await api.send(.post, "/api/v1/password/reset", body).status == 204)
        #expect(try await api.send(.post, "/api/v1/password/reset", body).code == "invalid_token")
        #expect(try await logIn(api, email).status == 401)
        #expect(try await logIn(api, email, Self.other).status == 201)
        // Every session has ended, and the gateway hears of it.
        try await waitUntil("the access token is refused", timeout: .seconds(5)) {
            try await api.send(.get, "/api/v1/accounts", token: access).status == 401
        }

        await system.stopAll()
        let log = system.output
        for secret in [verification, reset, Self.password, Self.other, email] { #expect(!log.contains(secret)) }
        let mail = "\(system.data)/user-service/mail"
        #expect(try FileManager.default.attributesOfItem(atPath: mail)[.posixPermissions] as? Int == 0o700)
    }

    /// What waits to be sent survives a crash, and is sent after it.
    @Test func mailSurvivesACrash() async throws {
        // A mail server that is not there; then files.
        let directory = try TemporaryDirectory()
        let down = try await DirectSystem(
            environment: ["RATE_LIMITS": "off", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1"], keeping: directory)
        let ada = try await Person(down.api)
        #expect(try await down.api.send(.post, "/api/v1/password/forgot", ["email": .string(ada.email)]).status == 202)
        try await waitUntil("a try has failed", timeout: .seconds(30)) {
            down.output("user-service").contains("it is tried again")
        }
        #expect(!down.output("user-service").contains(ada.email))
        await down.stop("user-service", with: SIGKILL)
        await down.stopAll()

        let up = try await DirectSystem(keeping: directory)
        let reset = try await token(up.data, to: ada.email, mails: 1)
        let body: JSONValue = ["token": .string(reset), "new_password": .string(Self.other)]
        #expect(try await up.api.send(.post, "/api/v1/password/reset", body).status == 204)
        #expect(try await logIn(up.api, ada.email, Self.other).status == 201)
        await up.stopAll()
    }

    /// Guesses have to wait, at an account that exists and at one that does not alike; the limits are those of user-service.
    @Test func guessesAreLimitedBehindTheGateway() async throws {
        let system = try await DirectSystem(environment: [:])
        let ada = try await Person(system.api)
        for email in [ada.email, "nobody@example.com"] {
            // The delay doubles: however slow the machine, one attempt comes too early before long.
            for attempt in 1...20 {
                let answer = try await logIn(system.api, email, "wrong password")
                guard answer.status == 429 else {
                    #expect((answer.status, answer.code) == (401, "invalid_credentials"))
                    continue
                }
                #expect(attempt > 6 && answer.code == "rate_limited", "\(email)")
                #expect(answer.field("Retry-After").flatMap { Int($0) } ?? 0 >= 1)
                break
            }
            let refused = try await logIn(system.api, email, "wrong password")
            #expect(refused.status == 429, "\(email)")
        }
        await system.stopAll()
    }

    /// The time of an answer tells nothing either. In turn, and the fastest of each: the machine does other things too.
    @Test func timesTellNothing() async throws {
        let system = try await DirectSystem(
            environment: ["RATE_LIMITS": "off", "EMAIL_VERIFICATION": "optional"])
        let api = system.api
        #expect(try await signUp(api, "ada@example.com").status == 202)
        // Without the same work one would be a tenth of the other, or less.
        func isAlike(_ pair: [Duration]) -> Bool {
            pair[0] < pair[1] * 2 + .milliseconds(2) && pair[1] < pair[0] * 2 + .milliseconds(2)
        }
        func fastest(_ requests: [() async throws -> APIClient.Answer]) async throws -> [Duration] {
            var best = Array(repeating: Duration.seconds(60), count: requests.count)
            // On a busy machine a few more until each was undisturbed once; work that is left out stays left out.
            for round in 0..<60 where round < 12 || !isAlike(best) {
                for (index, request) in requests.enumerated() {
                    let time = try await ContinuousClock().measure { _ = try await request() }
                    best[index] = min(best[index], time)
                }
            }
            return best
        }
        func forgot(_ email: String) async throws -> APIClient.Answer {
            try await api.send(.post, "/api/v1/password/forgot", ["email": .string(email)])
        }
        let pairs = [
            try await fastest([
                { try await logIn(api, "ada@example.com", "wrong password") },
                { try await logIn(api, "nobody@example.com", "wrong password") },
            ]),
            try await fastest([{ try await forgot("ada@example.com") }, { try await forgot("nobody@example.com") }]),
            try await fastest([
                { try await signUp(api, "ada@example.com") },
                { try await signUp(api, "\(UUID().uuidString)@example.com") },
            ]),
        ]
        for pair in pairs { #expect(isAlike(pair), "\(pair)") }
        await system.stopAll()
    }
}
