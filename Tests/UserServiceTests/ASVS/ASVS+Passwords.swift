import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

/// V6.1 Authentication documentation, V6.2 Password security.
extension ASVSRequirement {
    static let passwords: [Self] = [
        .documented(
            "6.1.1", 1, "Controls against guessing, how they are configured, no malicious lock-out",
            in: "../identity/abuse.md"),
        .documented("6.1.2", 2, "Context-specific words that passwords may not be", in: "../identity/passwords.md"),
        .documented("6.1.3", 2, "All ways to authenticate, with their controls and strength", in: "#ways-in"),
        .tested("6.2.1", 1, "Passwords of users have at least 8 characters") {
            let system = try await ASVSSystem()
            #expect(try await system.isTaken("x7q k9v") == [false, false, false])
            #expect(try await system.isTaken("x7q k9vz") == [true, true, true])
        },
        .tested("6.2.2", 1, "Users can change their password") {
            let system = try await ASVSSystem()
            #expect(
                try await system.change(RouteFixture.password, to: ASVSSystem.other, as: system.ada).status == 204)
            #expect(try await system.logIn(ASVSSystem.other).status == 201)
            #expect(try await system.logIn().status == 401)
        },
        .tested("6.2.3", 1, "A change needs the current and the new password") {
            let system = try await ASVSSystem()
            for body in [
                ["new_password": ASVSSystem.other], ["current_password": RouteFixture.password],
            ] as [KeyValuePairs<String, String>] {
                let answer = try await system.fixture.send(
                    .put, "/v1/users/me/password", ASVSSystem.body(body), as: system.ada)
                #expect(answer.code == "validation_failed")
            }
            #expect(
                try await system.change("not the password", to: ASVSSystem.other, as: system.ada).code
                    == "wrong_password")
            #expect(try await system.logIn().status == 201)
        },
        .tested("6.2.4", 1, "New passwords are compared with the 3,000 most common ones", refusesCommonOnes),
        .tested("6.2.5", 1, "Any composition is allowed, and none is asked for") {
            let system = try await ASVSSystem()
            for password in [
                "plainlettersalone", "839204716352", "        x        ", "ONLYCAPITALSHERE", "()[]{}<>'\"\\/;--",
                "пароль на мосту", "橋の上の料金所で待つ", "🌉🌉🛣️🚗🚗🛣️🌉🐙",
            ] {
                #expect(try await system.isTaken(password) == [true, true, true], "\(password)")
            }
        },
        .notApplicable("6.2.6", 1, "Password fields are masked", "there are no pages, only an interface"),
        .notApplicable("6.2.7", 1, "Pasting and password managers are allowed", "there are no pages"),
        .differs(
            "6.2.8", 1, "Passwords are verified exactly as received",
            "only the Unicode form is made one (NFC, NIST SP 800-63B 3.1.1.2), so that two keyboards write the same",
            verifiesExactly),
        .tested("6.2.9", 2, "Passwords of at least 64 characters are allowed") {
            let system = try await ASVSSystem()
            for count in [64, 256] {
                let password = String(repeating: "toll booth ", count: 24).prefix(count - 1) + "!"
                #expect(try await system.isTaken(String(password)) == [true, true, true], "\(count)")
            }
        },
        .tested("6.2.10", 2, "Passwords do not expire") {
            let system = try await ASVSSystem()
            system.clock.advance(seconds: 5 * 366 * 86_400)
            #expect(try await system.logIn().status == 201)
        },
        .tested("6.2.11", 2, "The documented context-specific words are refused") {
            let system = try await ASVSSystem()
            for (password, local, name) in [
                ("lovelace.ada", "lovelace.ada", "Ada"), ("Grace Hopper", "somebody", "Grace Hopper"),
                ("!gracehopper77", "somebody", "Grace Hopper"), ("Tollgate1", "somebody", "Ada"),
                ("tollgate123!", "somebody", "Ada"),
            ] {
                #expect(
                    try await system.isTaken(password, local: local, name: name) == [false, false, false],
                    "\(password)")
            }
        },
        .differs(
            "6.2.12", 2, "New passwords are compared with breached ones",
            "with the 8,000 most common of them: the service asks nobody outside and carries no gigabytes"),
    ]

    private static let refusesCommonOnes: Check = {
        let system = try await ASVSSystem()
        for password in ["12345678", "password1", "Qwertyuiop", "iloveyou", "FOOTBALL", "sunshine", "aaaaaaaaaa"] {
            #expect(try await system.isTaken(password) == [false, false, false], "\(password)")
        }
        let list = CommonPasswords.lines.filter { $0.count >= Password.length.lowerBound }
        #expect(list.count >= 3_000)
        for index in stride(from: 0, to: list.count, by: 397) {
            let body = ASVSSystem.body(["password": String(decoding: list[index], as: UTF8.self)])
            let answer = try await system.fixture.send(.post, "/v1/passwords/check", body)
            #expect(answer.json["reason"]?.string == "common")
        }
    }

    private static let verifiesExactly: Check = {
        let system = try await ASVSSystem()
        let password = "Stra\u{DF}e \u{C5}ngstr\u{F6}m " + String(repeating: "toll ", count: 20) + "End"
        #expect(try await system.signUp("exact@example.com", password).status == 201)
        func logIn(_ text: String) async throws -> Int {
            let answer = try await system.logIn(text, email: "exact@example.com")
            return answer.status
        }
        for other in [
            password.lowercased(), password.uppercased(), String(password.dropLast()), password + " ",
            " " + password, String(password.prefix(72)), password + "\u{0}",
        ] {
            #expect(try await logIn(other) == 401)
        }
        #expect(try await logIn(password) == 201)
        #expect(try await logIn("Stra\u{DF}e A\u{30A}ngstro\u{308}m " + password.dropFirst(16)) == 201)
    }
}
