import Chassis
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct UserStoreTests {
    @Test func readsBackWhatItStored() async throws {
        let fixture = try await StoreFixture()
        let user = try await fixture.addUser()
        #expect(user.id.hasPrefix("usr_") && user.version == 1 && user.createdAt == fixture.clock.now)
        #expect(try await fixture.users.user(id: user.id) == user)
        #expect(try await fixture.users.user(email: user.email) == user)
        let credential = try #require(try await fixture.users.credential(for: user.email))
        #expect(credential.userID == user.id && credential.hash == StoreFixture.hash)
        #expect(try await fixture.events() == ["user.created"])
    }

    @Test func oneEMailAddressIsOneUser() async throws {
        let fixture = try await StoreFixture()
        let user = try await fixture.addUser("Ada@Example.com")
        let second = try await fixture.users.create(email: user.email, name: user.name, hash: StoreFixture.hash)
        #expect(second == nil)
        #expect(try await fixture.events() == ["user.created"])
        #expect(try await fixture.count("SELECT count(*) FROM users") == 1)
    }

    @Test func aChangeRaisesTheVersion() async throws {
        let fixture = try await StoreFixture()
        let user = try await fixture.addUser()
        let name = try #require(DisplayName("Augusta"))
        guard case .changed(let changed) = try await fixture.users.rename(id: user.id, to: name, if: { $0 == 1 }) else {
            Issue.record("refused")
            return
        }
        #expect(changed.name == name && changed.version == 2 && changed.createdAt == user.createdAt)
        #expect(try await fixture.users.user(id: user.id) == changed)
        #expect(try await fixture.users.rename(id: user.id, to: user.name, if: { $0 == 1 }) == .conflict)
        // The same name again is no change: no new version, no event.
        #expect(try await fixture.users.rename(id: user.id, to: name, if: { _ in true }) == .changed(changed))
        #expect(try await fixture.users.rename(id: "usr_x", to: name, if: { _ in true }) == .missing)
        #expect(try await fixture.events() == ["user.created", "user.updated"])
    }

    @Test func aHashIsReplacedUnlessItChangedMeanwhile() async throws {
        let fixture = try await StoreFixture()
        let user = try await fixture.addUser()
        let cost = ScryptCost(logN: 2, r: 1, p: 1)
        let (new, late) = (ScryptHash(unmatchable: cost), ScryptHash(unmatchable: cost))
        try await fixture.users.replaceHash(of: user.id, StoreFixture.hash, by: new)
        try await fixture.users.replaceHash(of: user.id, StoreFixture.hash, by: late)
        #expect(try await fixture.users.credential(for: user.email)?.hash == new)
    }

    @Test func eventsNameIDsAlone() async throws {
        let fixture = try await StoreFixture()
        let user = try await fixture.addUser()
        _ = try await fixture.begin(user.id)
        let data = try await fixture.database.read {
            try $0.all("SELECT data FROM events ORDER BY sequence") { try $0.string(0) }
        }
        #expect(data.count == 2)
        for text in data {
            #expect(try JSONValue(parsing: Array(text.utf8))["user"]?.string == user.id)
            #expect(!text.contains("ada") && !text.contains("Ada"))
        }
    }
}
