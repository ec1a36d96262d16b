import Chassis
import Crypto
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

/// V6.5 Multi-factor authentication, V6.6 out-of-band, V6.7 cryptographic, V6.8 identity providers.
extension ASVSRequirement {
    private static let noPhones = "nothing is sent to telephones, and mail is no factor"
    private static let noDevices = "there are no certificates or devices that sign challenges"
    private static let noProviders = "there are no other identity providers: this is the one"

    static let factors: [Self] = [
        .tested("6.5.1", 2, "Codes are good once") {
            let system = try await ASVSSystem()
            let (totp, codes) = try await system.enrol()
            let code = system.code(totp)
            #expect(try await system.logIn(code: code).status == 201)
            #expect(try await system.logIn(code: code).code == "invalid_second_factor")
            #expect(try await system.prove("code", code).code == "invalid_second_factor")
            #expect(try await system.prove("recovery_code", codes[0]).status == 201)
            #expect(try await system.prove("recovery_code", codes[0]).code == "invalid_second_factor")
        },
        .tested("6.5.2", 2, "Recovery codes are stored as a hash that fits their entropy") {
            let system = try await ASVSSystem()
            let (_, codes) = try await system.enrol()
            let secrets = try codes.map { code in
                try #require(CrockfordBase32.decode(code.lowercased().utf8.filter { $0 != UInt8(ascii: "-") }))
            }
            #expect(secrets.allSatisfy { $0.count * 8 >= 112 })
            let stored = try await system.fixture.store.database.read {
                try $0.all("SELECT hash FROM recovery_codes") { try $0.bytes(0) }
            }
            #expect(Set(stored) == Set(secrets.map { Array(SHA256.hash(data: $0)) }))
        },
        .tested("6.5.3", 2, "Seeds and recovery codes are random", drawsAtRandom),
        .tested("6.5.4", 2, "Recovery codes have 20 bits of entropy at least") {
            let system = try await ASVSSystem()
            let (_, codes) = try await system.enrol()
            // 24 characters of 32, all ten different.
            #expect(Set(codes).count == RecoveryCode.count)
            #expect(codes.allSatisfy { $0.filter { $0 != "-" }.count == 24 })
        },
        .differs(
            "6.5.5", 2, "Codes have a lifetime, of a time-based one 30 seconds",
            "a code is of 30 seconds and taken one step before and after too, for clocks that differ (RFC 6238 5.2)",
            codesEnd),
        .tested("6.5.6", 3, "A factor can be revoked") {
            let system = try await ASVSSystem()
            let (_, codes) = try await system.enrol()
            #expect(try await system.fixture.send(.post, "/v1/users/me/recovery-codes", as: system.ada).status == 200)
            #expect(try await system.prove("recovery_code", codes[0]).code == "invalid_second_factor")
            #expect(try await system.fixture.send(.delete, "/v1/users/me/totp", as: system.ada).status == 204)
            #expect(try await system.logIn().status == 201)
        },
        .notApplicable("6.5.7", 3, "Biometrics are a second factor only", "there are no biometrics"),
        .tested("6.5.8", 3, "Codes are checked by the server's time") {
            let system = try await ASVSSystem()
            let (totp, _) = try await system.enrol()
            let old = totp.code(step: TOTP.step(at: system.clock.now) + 20)
            let answer = try await system.fixture.send(
                .post, "/v1/sessions",
                ASVSSystem.body(["email": "ada@example.com", "password": RouteFixture.password, "code": old]),
                fields: [.date: "Tue, 14 Nov 2023 22:33:20 GMT"])
            #expect(answer.code == "invalid_second_factor")
        },
        .notApplicable("6.6.1", 2, "Telephones only beside something stronger", noPhones),
        .notApplicable("6.6.2", 2, "Out-of-band codes are bound to their request", noPhones),
        .notApplicable("6.6.3", 2, "Out-of-band codes cannot be guessed", noPhones),
        .notApplicable("6.6.4", 3, "Push notifications are limited", noPhones),
        .notApplicable("6.7.1", 3, "Certificates of authenticators are protected", noDevices),
        .notApplicable("6.7.2", 3, "Challenges have 64 bits and are unique", noDevices),
        .notApplicable("6.8.1", 2, "No user of one provider is taken for another's", noProviders),
        .notApplicable("6.8.2", 2, "Signatures of assertions are always validated", noProviders),
        .notApplicable("6.8.3", 2, "SAML assertions are used once", noProviders),
        .notApplicable("6.8.4", 2, "Strength and age of a provider's authentication are verified", noProviders),
    ]

    /// All different, and every bit is one about as often as not: 200 draws lie within 100 ± 50 but for once in 10¹¹.
    private static let drawsAtRandom: Check = {
        let fixture = try await StoreFixture()
        let user = try await fixture.addUser()
        let factors = SecondFactorStore(
            database: fixture.database, clock: fixture.clock, identifiers: fixture.identifiers, sealer: fixture.sealer)
        var seeds: [[UInt8]] = []
        for _ in 0..<200 { seeds.append(try #require(try await factors.enrol(user.id)).secret) }
        let codes = try (0..<200).map { _ in
            try #require(
                CrockfordBase32.decode(RecoveryCode.random().exposed.utf8.filter { $0 != UInt8(ascii: "-") }))
        }
        for draws in [seeds, codes] {
            #expect(Set(draws).count == 200)
            for bit in 0..<(draws[0].count * 8) {
                let ones = draws.count { $0[bit / 8] >> (bit % 8) & 1 == 1 }
                #expect((50...150).contains(ones), "bit \(bit): \(ones)")
            }
        }
    }

    private static let codesEnd: Check = {
        let system = try await ASVSSystem()
        let (totp, _) = try await system.enrol()
        let code = system.code(totp)
        system.clock.advance(seconds: 60)
        #expect(try await system.logIn(code: code).code == "invalid_second_factor")
        // The login that waits for it: five minutes.
        let challenge = try #require(try await system.logIn().json["challenge"]?.string)
        system.clock.advance(seconds: 300)
        let late = try await system.fixture.send(
            .post, "/v1/sessions/second-factor",
            ASVSSystem.body([
                "challenge": challenge, "code": totp.code(step: TOTP.step(at: system.clock.now)),
            ]))
        #expect(late.code == "invalid_challenge")
    }
}
