import Chassis
import Logging
import Storage
import Testing

@testable import UserService

/// What is removed once an hour.
@Suite struct SweepTests {
    private let store: StoreFixture

    init() async throws { store = try await StoreFixture() }

    private var erasures: ErasureStore {
        ErasureStore(database: store.database, clock: store.clock, identifiers: store.identifiers)
    }

    private var factors: SecondFactorStore {
        SecondFactorStore(
            database: store.database, clock: store.clock, identifiers: store.identifiers, sealer: store.sealer)
    }

    private func sweep() async {
        await SessionSweeper(
            sessions: store.sessions, events: store.feed, outbox: store.outbox, factors: factors, erasures: erasures,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).sweep()
    }

    private func challenges() async throws -> Int { try await store.count("SELECT count(*) FROM login_challenges") }

    /// Also when nobody logs in any more, and more than fit into one transaction.
    @Test func loginsThatNobodyFinished() async throws {
        let user = try await store.addUser()
        let credential = try #require(try await store.users.credential(ofUser: user.id))
        for _ in 0..<3 { _ = try await factors.challenge(credential) }
        store.clock.advance(milliseconds: 1)
        for _ in 0..<2 { _ = try await factors.challenge(credential) }
        store.clock.advance(milliseconds: LoginChallenge.life - 2)
        await sweep()
        #expect(try await challenges() == 5)
        store.clock.advance(milliseconds: 1)
        #expect(try await factors.removeExpired(limit: 2) == 2)
        await sweep()
        #expect(try await challenges() == 2)
        store.clock.advance(milliseconds: 1)
        await sweep()
        #expect(try await challenges() == 0)
    }

    @Test func refusalsToErase() async throws {
        let (kept, waits) = (try await store.addUser(), try await store.addUser("bob@example.com"))
        let wish = try #require(try await erasures.begin(kept.id))
        try await erasures.advance(wish, by: .drop)
        store.clock.advance(milliseconds: ErasureStore.memory)
        _ = try await erasures.begin(waits.id)
        await sweep()
        #expect(try await erasures.status(of: kept.id)?.refusedAt != nil)
        store.clock.advance(milliseconds: 1)
        await sweep()
        #expect(try await erasures.status(of: kept.id) == nil)
        #expect(try await erasures.status(of: waits.id) != nil)
    }
}
