import Chassis
import Logging
import Storage
import TestSupport
import Testing

@testable import UserService

/// The key that encrypts at rest is replaced by another one.
@Suite struct ResealingTests {
    private static let old = Array(repeating: UInt8(7), count: 32)
    private static let new = Array(repeating: UInt8(8), count: 32)

    private let store: StoreFixture

    init() async throws { store = try await StoreFixture() }

    private func resealing(_ sealer: DataSealer, batch: Int = 200) -> Resealing {
        Resealing(
            database: store.database, sealer: sealer, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            batch: batch)
    }

    private func factors(_ sealer: DataSealer) -> SecondFactorStore {
        SecondFactorStore(
            database: store.database, clock: store.clock, identifiers: store.identifiers, sealer: sealer)
    }

    /// Signing keys, and five users with a second factor, under the old key.
    private func fill() async throws -> [(user: String, secret: [UInt8])] {
        _ = try await store.keyRotator()
        var secrets: [(String, [UInt8])] = []
        for number in 0..<5 {
            let user = try await store.addUser("u\(number)@example.com")
            secrets.append((user.id, try #require(try await factors(store.sealer).enrol(user.id)).secret))
        }
        return secrets
    }

    /// How many values a sealer opens.
    private func opened(by sealer: DataSealer) async throws -> Int {
        let keys = try await store.database.read {
            try $0.all("SELECT id, private_key FROM signing_keys WHERE private_key IS NOT NULL") {
                (try $0.string(0), try $0.bytes(1))
            }
        }
        let secrets = try await store.database.read {
            try $0.all("SELECT user_id, secret FROM totp_factors") { (try $0.string(0), try $0.bytes(1)) }
        }
        return keys.count { (try? sealer.open($0.1, .signingKey, of: $0.0)) != nil }
            + secrets.count { (try? sealer.open($0.1, .totpSecret, of: $0.0)) != nil }
    }

    private func loaded(_ sealer: DataSealer) async throws -> SigningKeyStore.Loaded {
        try await SigningKeyStore(
            database: store.database, clock: store.clock, identifiers: store.identifiers, sealer: sealer,
            policy: StoreFixture.keyPolicy
        ).change { _, _, _ in }.1
    }

    @Test(arguments: [1, 2, 5, 200]) func everythingIsUnderTheNewKeyAfterwards(batch: Int) async throws {
        let secrets = try await fill()
        let before = try await loaded(store.sealer)
        // A key that signs, one that is next, and five seeds.
        let both = DataSealer(key: Self.new, previous: Self.old)
        #expect(try await opened(by: both) == 7)
        let outcome = try await resealing(both, batch: batch).run()
        #expect(outcome == Resealing.Outcome(resealed: 7, lost: 0))
        #expect(try await opened(by: DataSealer(key: Self.new)) == 7)
        #expect(try await opened(by: DataSealer(key: Self.old)) == 0)
        let after = try await loaded(DataSealer(key: Self.new))
        #expect(after.active.privateBytes == before.active.privateBytes && after.rotation == before.rotation)
        for (user, secret) in secrets {
            let sealed = try await store.database.read {
                try $0.first("SELECT secret FROM totp_factors WHERE user_id = ?", .text(user)) { try $0.bytes(0) }
            }
            #expect(try DataSealer(key: Self.new).open(try #require(sealed), .totpSecret, of: user) == secret)
        }
        // The second start finds nothing to do.
        #expect(try await resealing(both, batch: batch).run() == Resealing.Outcome())
    }

    /// What a crash left half done opens, and is finished.
    @Test func halfOfItIsFinishedByTheNextStart() async throws {
        let secrets = try await fill()
        let both = DataSealer(key: Self.new, previous: Self.old)
        let sealed = try both.seal(secrets[2].secret, .totpSecret, of: secrets[2].user)
        try await store.database.write { transaction in
            _ = try transaction.execute(
                "UPDATE totp_factors SET secret = ? WHERE user_id = ?", .blob(sealed), .text(secrets[2].user))
        }
        #expect(try await opened(by: both) == 7)
        #expect(try await resealing(both).run() == Resealing.Outcome(resealed: 6, lost: 0))
        #expect(try await opened(by: DataSealer(key: Self.new)) == 7)
    }

    @Test func whatNeitherKeyOpensIsLeftAndCounted() async throws {
        let secrets = try await fill()
        try await store.database.write { transaction in
            _ = try transaction.execute(
                "UPDATE totp_factors SET secret = ? WHERE user_id = ?", .blob([1, 2, 3]), .text(secrets[0].user))
        }
        let both = DataSealer(key: Self.new, previous: Self.old)
        #expect(try await resealing(both).run() == Resealing.Outcome(resealed: 6, lost: 1))
    }

    @Test func withoutAPreviousKeyNothingIsTouched() async throws {
        _ = try await fill()
        #expect(try await resealing(DataSealer(key: Self.new)).run() == Resealing.Outcome())
        #expect(try await opened(by: store.sealer) == 7)
        await #expect(throws: DataSealer.CannotOpen()) { _ = try await loaded(DataSealer(key: Self.new)) }
    }

    @Test func thePreviousKeyComesFromAFileThatNeedNotBeThere() throws {
        let directory = try TemporaryDirectory()
        let (now, before) = (directory.file("encryption.key"), directory.file("previous.key"))
        try AdminToken.generate(at: now)
        let sealed = try DataSealer(Settings(["SIGNING_KEY_ENCRYPTION_KEY_FILE": now])).seal([9], .signingKey, of: "k")
        let settings = Settings([
            "SIGNING_KEY_ENCRYPTION_KEY_FILE": now, "SIGNING_KEY_ENCRYPTION_KEY_PREVIOUS_FILE": before,
        ])
        #expect(try !DataSealer(settings).hasPrevious)
        // As the runbook says: aside, and a new one in its place.
        _ = try directory.write(try FileAccess.readTrimmed(now), to: "previous.key")
        try FileAccess.remove(now)
        try AdminToken.generate(at: now)
        let both = try DataSealer(settings)
        #expect(both.hasPrevious)
        #expect(try both.open(sealed, .signingKey, of: "k") == [9])
        let anew = try #require(try both.reseal(sealed, .signingKey, of: "k"))
        #expect(try both.reseal(anew, .signingKey, of: "k") == nil)
        try FileAccess.remove(before)
        #expect(try DataSealer(settings).open(anew, .signingKey, of: "k") == [9])
        _ = try directory.write("short", to: "previous.key")
        let error = #expect(throws: SettingsError.self) { try DataSealer(settings) }
        #expect(error?.description.contains("SIGNING_KEY_ENCRYPTION_KEY_PREVIOUS_FILE") == true)
    }
}
