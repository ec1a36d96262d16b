import Chassis
import Storage
import TestSupport
import Testing

@testable import UserService

@Suite struct SigningKeyStoreTests {
    private struct Crash: Error {}

    private let fixture: StoreFixture

    init() async throws { fixture = try await StoreFixture() }

    private func states() async throws -> [String] {
        try await fixture.database.read {
            try $0.all("SELECT state FROM signing_keys ORDER BY state") { try $0.string(0) }
        }
    }

    private func advance(_ rotator: KeyRotator, seconds: Int64) async {
        fixture.clock.advance(seconds: seconds)
        await rotator.step()
    }

    @Test func theFirstStartMakesTwoKeysAndLaterOnesKeepThem() async throws {
        let first = try await fixture.keyRotator()
        #expect(try await states() == ["active", "published"])
        let second = try await fixture.keyRotator()
        #expect(second.ring.current.document == first.ring.current.document)
        #expect(second.ring.current.active.id == first.ring.current.active.id)
    }

    @Test func privateKeysAreEncryptedAndGoWhenTheyAreNotNeeded() async throws {
        let rotator = try await fixture.keyRotator()
        let active = rotator.ring.current.active
        let stored = try await fixture.database.read {
            try $0.all("SELECT private_key FROM signing_keys WHERE private_key IS NOT NULL") { try $0.bytes(0) }
        }
        #expect(stored.count == 2 && Set(stored).count == 2)
        for bytes in stored { #expect(!bytes.contains(active.privateBytes)) }
        fixture.clock.advance(seconds: 900)
        _ = try await rotator.rotate()
        #expect(try await states() == ["active", "published", "retiring"])
        #expect(
            try await fixture.count(
                "SELECT count(*) FROM signing_keys WHERE private_key IS NULL AND state = 'retiring'")
                == 1)
    }

    @Test func aRotationPublishesSignsOverlapsAndRetires() async throws {
        let rotator = try await fixture.keyRotator()
        let (first, next) = (rotator.ring.current.active.id, try #require(rotator.ring.current.published.last))
        let asked = try await rotator.rotate()
        #expect(asked?.next?.requestedAt == fixture.clock.now)
        await advance(rotator, seconds: 899)
        #expect(rotator.ring.current.active.id == first)
        await advance(rotator, seconds: 1)
        #expect(rotator.ring.current.active.id != first)
        #expect(rotator.ring.current.published.count == 3 && rotator.ring.current.published.contains(first))
        await advance(rotator, seconds: 1_200)
        #expect(rotator.ring.current.published.count == 2 && !rotator.ring.current.published.contains(first))
        _ = next
        let told = try await fixture.events()
        #expect(told == ["signing_keys.changed", "signing_keys.changed"])
    }

    @Test func nothingToDoWritesNothing() async throws {
        let rotator = try await fixture.keyRotator()
        let before = fixture.database.statistics.writes
        for _ in 0..<5 { await advance(rotator, seconds: 1) }
        #expect(fixture.database.statistics.writes == before)
    }

    @Test func whatAnotherProcessChangedIsTakenOver() async throws {
        let (one, other) = (try await fixture.keyRotator(), try await fixture.keyRotator())
        fixture.clock.advance(seconds: 900)
        _ = try await one.rotate()
        #expect(one.ring.current.active.id != other.ring.current.active.id)
        await other.step()
        #expect(one.ring.current.active.id == other.ring.current.active.id)
        #expect(one.ring.current.document == other.ring.current.document)
    }

    @Test func aWithdrawnKeyIsOutOfTheSetAndTheFeedTells() async throws {
        let rotator = try await fixture.keyRotator()
        let compromised = rotator.ring.current.active.id
        let rotation = try #require(try await rotator.rotate(withdrawing: compromised))
        #expect(rotation.keys.first { $0.id == compromised }?.isWithdrawn == true)
        #expect(!rotator.ring.current.published.contains(compromised) && rotator.ring.current.active.id != compromised)
        #expect(try await fixture.events().last == "signing_keys.changed")
        #expect(try await rotator.rotate(withdrawing: compromised) == nil)
        #expect(try await rotator.rotate(withdrawing: "x' OR '1'='1") == nil)
        #expect(try await states() == ["active", "published", "retired"])
    }

    @Test func aCrashInTheMiddleLeavesTheStateBefore() async throws {
        let rotator = try await fixture.keyRotator()
        let before = try await rotator.store.rotation()
        fixture.clock.advance(seconds: 900)
        let now = fixture.clock.now
        await #expect(throws: Crash.self) {
            _ = try await rotator.store.change { rotation, _, make in
                _ = rotation.request(now: now)
                rotation.advance(now: now, servedSince: 0, make: make)
                throw Crash()
            }
        }
        // What does not fit the table is not half written either.
        await #expect(throws: (any Error).self) {
            _ = try await rotator.store.change { rotation, _, _ in
                rotation.advance(now: now + 3_000_000_000, servedSince: 0) { "no key of this name" }
            }
        }
        #expect(try await rotator.store.rotation() == before)
        #expect(try await fixture.keyRotator().ring.current.document == rotator.ring.current.document)
    }

    @Test func retiredKeysAreForgottenAfterAWhile() async throws {
        let rotator = try await fixture.keyRotator()
        _ = try await rotator.rotate(withdrawing: rotator.ring.current.active.id)
        #expect(try await states().contains("retired"))
        fixture.clock.advance(seconds: 90 * 86_400 + 1)
        await rotator.step()
        #expect(try await fixture.count("SELECT count(*) FROM signing_keys WHERE withdrawn = 1") == 0)
    }

    // MARK: - The start

    private func refusal(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "no refusal"
        } catch {
            return "\(error)"
        }
    }

    @Test func anotherKeyStopsTheStartInOneLine() async throws {
        _ = try await fixture.keyRotator()
        let store = SigningKeyStore(
            database: fixture.database, clock: fixture.clock, identifiers: fixture.identifiers,
            sealer: DataSealer(key: Array(repeating: 8, count: 32)), policy: StoreFixture.keyPolicy)
        let rotator = try await fixture.keyRotator()
        let start = SigningKeyStart(
            store: store, directory: SigningKeyDirectory(path: fixture.directory.file("none"), logger: rotator.logger),
            settings: Settings(["SIGNING_KEY_ENCRYPTION_KEY_FILE": "/keys/encryption.key"]))
        let text = await refusal { _ = try await start.ring(now: fixture.clock.now) }
        #expect(
            text == "SIGNING_KEY_ENCRYPTION_KEY_FILE=\"/keys/encryption.key\" is not allowed: expected the key under "
                + "which the signing keys in the database were encrypted")
    }

    @Test func keysOfAnEarlierVersionAreTakenOverAndTheFilesRemoved() async throws {
        let (old, new) = (SigningKey(), SigningKey())
        let folder = fixture.directory.file("signing-keys")
        try FileAccess.makeDirectory(folder)
        try FileAccess.write(Array(new.pem.utf8), to: "\(folder)/2026-02.pem")
        try FileAccess.write(Array(old.pem.utf8), to: "\(folder)/2026-01.pem")
        try FileAccess.write(Array("not a key".utf8), to: "\(folder)/README")
        let rotator = try await fixture.keyRotator(directory: folder)
        #expect(rotator.ring.current.active.id == new.id)
        #expect(Set(rotator.ring.current.published).isSuperset(of: [old.id, new.id]))
        #expect(try await states() == ["active", "published", "retiring"])
        #expect(try FileAccess.list(folder) == ["README"])
    }

    /// After a crash between the commit and the removal of the files; and a file that is not of this database.
    @Test func filesThatAreLeftAreRemovedAndStrangersNotUsed() async throws {
        let (known, stranger) = (SigningKey(), SigningKey())
        let folder = fixture.directory.file("signing-keys")
        try FileAccess.makeDirectory(folder)
        try FileAccess.write(Array(known.pem.utf8), to: "\(folder)/1.pem")
        let first = try await fixture.keyRotator(directory: folder)
        try FileAccess.write(Array(known.pem.utf8), to: "\(folder)/1.pem")
        try FileAccess.write(Array(stranger.pem.utf8), to: "\(folder)/2.pem")
        let second = try await fixture.keyRotator(directory: folder)
        #expect(try FileAccess.list(folder) == ["2.pem"])
        #expect(second.ring.current.document == first.ring.current.document)
    }

    @Test func aFileThatIsNoKeyStopsTheStartInOneLine() async throws {
        let folder = fixture.directory.file("signing-keys")
        try FileAccess.makeDirectory(folder)
        let junk = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"
        try FileAccess.write(Array(junk.utf8), to: "\(folder)/a.pem")
        let text = await refusal { _ = try await fixture.keyRotator(directory: folder) }
        #expect(text.contains("SIGNING_KEY_DIR") && text.contains("a.pem"))
        #expect(!text.contains("\n") && !text.contains("c2VjcmV0"))
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: part) }
    }
}
