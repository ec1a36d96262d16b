import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

/// V6.4 Authentication factor lifecycle and recovery.
extension ASVSRequirement {
    static let recovery: [Self] = [
        .tested("6.4.1", 1, "Activation codes are random, short-lived and used once", activatesOnce),
        .tested("6.4.2", 1, "There are no password hints or secret questions") {
            let system = try await ASVSSystem()
            for member in ["password_hint", "security_question", "secret_answer"] {
                let signUp = try await system.fixture.send(
                    .post, "/v1/users",
                    ASVSSystem.body([
                        "email": "eve@example.com", "password": RouteFixture.password, "name": "Eve", member: "x",
                    ]))
                let reset = try await system.fixture.send(
                    .post, "/v1/password/forgot", ASVSSystem.body(["email": "ada@example.com", member: "x"]))
                #expect(signUp.code == "validation_failed" && reset.code == "validation_failed", "\(member)")
            }
        },
        .tested("6.4.3", 2, "A reset does not get around the second factor") {
            let system = try await ASVSSystem()
            let (totp, _) = try await system.enrol()
            #expect(try await system.reset().status == 204)
            #expect(try await system.logIn(ASVSSystem.other).code == "second_factor_required")
            #expect(try await system.logIn(ASVSSystem.other, code: system.code(totp)).status == 201)
            #expect(try await system.logIn(code: system.code(totp)).code == "invalid_credentials")
        },
        .tested("6.4.4", 2, "Who lost a factor proves as much as at enrolment", losesAFactor),
        .notApplicable(
            "6.4.5", 3, "Reminders before a factor expires",
            "neither passwords nor factors expire, and an API key when its owner has said so"),
        .differs(
            "6.4.6", 3, "Admins can begin a reset, and choose nobody's password",
            "whoever knows the address begins it, admins by the same call; nobody but the mail's reader chooses"
        ) {
            let admins = try await AdminFixture()
            let path = "/users/\(admins.ada.userID)"
            for (method, rest) in [(HTTPRequest.Method.put, "/password"), (.post, "/password"), (.patch, "")] {
                let answer = try await admins.send(
                    method, path + rest, #"{"password":"chosen by an admin"}"#, as: admins.admin)
                #expect([404, 405].contains(answer.status))
            }
        },
    ]

    private static let activatesOnce: Check = {
        let system = try await ASVSSystem()
        func token() async throws -> String {
            _ = try await system.fixture.send(
                .post, "/v1/users/verify-email/resend", ASVSSystem.body(["email": "ada@example.com"]))
            return try await system.fixture.token()
        }
        func use(_ token: String) async throws -> Int {
            let answer = try await system.fixture.send(
                .post, "/v1/users/verify-email", ASVSSystem.body(["token": token]))
            return answer.status
        }
        var tokens: Set<String> = []
        for _ in 0..<20 { tokens.insert(try await token()) }
        #expect(tokens.count == 20 && tokens.allSatisfy { $0.count == 4 + 43 })
        let late = try await token()
        system.clock.advance(seconds: 86_400)
        #expect(try await use(late) == 422)
        let good = try await token()
        #expect(try await use(good) == 204)
        #expect(try await use(good) == 422)
        #expect(try await system.logIn(good).status == 401)
    }

    /// The password and a recovery code, as at a login. Nobody of the staff takes a factor away.
    private static let losesAFactor: Check = {
        let system = try await ASVSSystem()
        let (_, codes) = try await system.enrol()
        #expect(try await system.logIn("not it").code == "invalid_credentials")
        #expect(try await system.prove("recovery_code", RecoveryCode.random().exposed).status == 401)
        #expect(try await system.prove("recovery_code", codes[3]).status == 201)
        let admins = try await AdminFixture()
        for path in ["/totp", "/second-factor", "/recovery-codes"] {
            let answer = try await admins.send(.delete, "/users/\(admins.ada.userID)\(path)", as: admins.admin)
            #expect(answer.status == 404)
        }
    }
}
