import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

/// V6.3 General authentication security.
extension ASVSRequirement {
    static let authentication: [Self] = [
        .tested("6.3.1", 1, "Guessing is slowed down as documented", slowsGuessing),
        .tested("6.3.2", 1, "There are no default accounts") {
            let fixture = try await RouteFixture()
            #expect(try await fixture.store.count("SELECT count(*) FROM users") == 0)
            for email in ["root@localhost", "admin@example.com", "sa@example.com", "admin"] {
                let body = ASVSSystem.body(["email": email, "password": "admin"])
                #expect(try await fixture.send(.post, "/v1/sessions", body).status == 401)
            }
        },
        .differs(
            "6.3.3", 2, "A second factor has to be used",
            "it is offered and not forced, see [below](#a-second-factor-that-is-not-forced)"
        ) {
            let system = try await ASVSSystem()
            let (totp, _) = try await system.enrol()
            let half = try await system.logIn()
            #expect(half.code == "second_factor_required" && half.json["access_token"] == nil)
            #expect(try await system.logIn(code: system.code(totp)).status == 201)
        },
        .tested("6.3.4", 2, "All ways in are documented and equally strong", everyWayIsAsStrong),
        .differs(
            "6.3.5", 3, "Users are told of suspicious attempts",
            "sessions show where from they began; nobody is sent a mail about failures"),
        .tested("6.3.6", 3, "E-mail is no factor") {
            let system = try await ASVSSystem()
            _ = try await system.fixture.send(
                .post, "/v1/users/verify-email/resend", ASVSSystem.body(["email": "ada@example.com"]))
            let verified = try await system.fixture.send(
                .post, "/v1/users/verify-email", ASVSSystem.body(["token": try await system.fixture.token()]))
            let reset = try await system.reset()
            #expect(verified.status == 204 && reset.status == 204 && verified.bytes.isEmpty && reset.bytes.isEmpty)
            #expect(try await system.fixture.store.count("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 0)
        },
        .differs(
            "6.3.7", 3, "Users are told of changed credentials",
            "of a changed or reset password by mail; a changed second factor is only seen where it is shown"
        ) {
            let system = try await ASVSSystem()
            _ = try await system.change(RouteFixture.password, to: ASVSSystem.other, as: system.ada)
            #expect(try await system.fixture.deliver().last?.subject == "Your password was changed")
            _ = try await system.reset(to: "one more tollbooth")
            #expect(try await system.fixture.deliver().count == 3)
        },
        .tested("6.3.8", 3, "Who has an account cannot be found out", tellsNobodyWhoIsThere),
    ]

    /// As docs/identity/abuse.md says: from the sixth guess on one waits, whoever is meant; the owner at home does not.
    private static let slowsGuessing: Check = {
        let system = try await ASVSSystem(limits: .on)
        #expect(try await system.logIn(from: "198.51.100.7").status == 201)
        for email in ["ada@example.com", "nobody@example.com"] {
            for _ in 0..<6 {
                #expect(try await system.logIn("a guess", email: email, from: "203.0.113.1").status == 401)
            }
            let refused = try await system.logIn("a guess", email: email, from: "203.0.113.1")
            #expect(refused.status == 429 && refused.fields[.retryAfter] == "1")
        }
        for number in 2..<60 { _ = try await system.logIn("a guess", from: "203.0.113.\(number)") }
        #expect(try await system.logIn(from: "203.0.113.200").status == 429)
        #expect(try await system.logIn(from: "198.51.100.7").status == 201)
        // Many accounts from one address.
        var refused = 0
        for number in 0..<120 {
            let answer = try await system.logIn("a guess", email: "u\(number)@example.com", from: "192.0.2.1")
            refused += answer.status == 429 ? 1 : 0
        }
        #expect(refused >= 15)
    }

    /// With the second factor on, nothing but both together begins a session or counts as a new proof.
    private static let everyWayIsAsStrong: Check = {
        let system = try await ASVSSystem()
        let (totp, codes) = try await system.enrol()
        let (fixture, before) = (system.fixture, "SELECT count(*) FROM sessions WHERE revoked_at IS NULL" as SQL)
        let sessions = try await fixture.store.count(before)
        let proof = ASVSSystem.body(["password": RouteFixture.password])
        #expect(try await system.logIn().status == 401)
        #expect(try await system.logIn("not it", code: system.code(totp)).code == "invalid_credentials")
        let again = try await fixture.send(.post, "/v1/sessions/current/reauthenticate", proof, as: system.ada)
        #expect(again.code == "second_factor_required")
        #expect(try await system.prove("code", system.wrong(totp)).status == 401)
        let key = try await fixture.store.addKey(of: system.ada.userID)
        let byKey = try fixture.identity(user: system.ada.userID, key: key.id)
        for (method, path) in [
            (HTTPRequest.Method.post, "/v1/sessions/current/reauthenticate"), (.put, "/v1/users/me/password"),
            (.get, "/v1/users/me/sessions"), (.post, "/v1/users/me/totp"), (.delete, "/v1/users/me"),
        ] {
            let answer = try await fixture.send(
                method, path, [.post, .put].contains(method) ? proof : nil, identity: byKey)
            #expect(answer.code == "session_required", "\(path)")
        }
        #expect(try await fixture.store.count(before) == sessions)
        #expect(try await system.prove("recovery_code", codes[0]).status == 201)
        #expect(try await system.prove("code", system.code(totp)).status == 201)
    }

    private static let tellsNobodyWhoIsThere: Check = {
        let system = try await ASVSSystem()
        let (wrong, unknown) = (
            try await system.logIn("not it"), try await system.logIn("not it", email: "nobody@example.com")
        )
        #expect(wrong.status == 401 && wrong.bytes == unknown.bytes && wrong.fields == unknown.fields)
        let mails = try await RouteFixture(verification: .required)
        for path in ["/v1/users", "/v1/password/forgot", "/v1/users/verify-email/resend"] {
            func ask(_ email: String) async throws -> RouteFixture.Answer {
                let whole = path == "/v1/users"
                return try await mails.send(
                    .post, path,
                    whole
                        ? ASVSSystem.body(["email": email, "password": RouteFixture.password, "name": "A"])
                        : ASVSSystem.body(["email": email]))
            }
            _ = try await mails.send(
                .post, "/v1/users",
                ASVSSystem.body(["email": "there@example.com", "password": RouteFixture.password, "name": "A"]))
            let (known, unknown) = (try await ask("there@example.com"), try await ask("new\(path.count)@example.com"))
            #expect(known.status == 202 && known.status == unknown.status, "\(path)")
            #expect(known.bytes == unknown.bytes && known.fields == unknown.fields, "\(path)")
        }
    }
}
