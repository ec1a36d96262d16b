import Chassis
import Logging
import Storage
import TestSupport
import Testing

@testable import UserService

@Suite struct ErasureSagaTests {
    private let store: StoreFixture
    private let payments = StubPayments()

    init() async throws { store = try await StoreFixture() }

    private func saga(on database: any Database) -> ErasureSaga {
        ErasureSaga(
            store: ErasureStore(database: database, clock: store.clock, identifiers: store.identifiers),
            payments: payments, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private var saga: ErasureSaga { saga(on: store.database) }

    private func users() async throws -> Int { try await store.count("SELECT count(*) FROM users") }

    @Test("Closed: the user and everything of theirs is gone, and the events say so")
    func erases() async throws {
        let user = try await store.addUser()
        let other = try await store.addUser("bob@example.com")
        let (session, _) = try await store.begin(user.id)
        let (ended, _) = try await store.begin(user.id)
        _ = try await store.sessions.logOut(id: ended.id)
        _ = try await store.begin(other.id)
        let key = try await store.addKey(of: user.id)
        let seen = try await store.events().count

        let erasure = try #require(try await saga.store.begin(user.id))
        #expect(try await saga.step(erasure) == .erase)

        #expect(try await store.users.user(id: user.id) == nil)
        #expect(try await store.users.user(id: other.id) != nil)
        #expect(try await store.count("SELECT count(*) FROM sessions") == 1)
        #expect(try await store.count("SELECT count(*) FROM refresh_tokens") == 1)
        #expect(try await store.count("SELECT count(*) FROM api_keys") == 0)
        #expect(try await saga.store.count() == 0)
        let events = try await store.feed.events(after: Int64(seen), limit: 10)
        guard case .events(let news) = events else { throw StoredValueInvalid("feed") }
        #expect(news.map(\.type) == ["session.revoked", "api_key.revoked", "user.deleted"])
        #expect(news[0].data.contains(session.id) && news[1].data.contains(key.id) && news[2].data.contains(user.id))
        #expect(payments.asked == [user.id])
        // The address is free again.
        #expect(try await store.addUser().id != user.id)
    }

    @Test("Money left: the wish is dropped and nothing has changed")
    func moneyLeft() async throws {
        let user = try await store.addUser()
        let (session, _) = try await store.begin(user.id)
        let seen = try await store.events()
        payments.answer(.moneyLeft)
        let erasure = try #require(try await saga.store.begin(user.id))
        #expect(try await saga.step(erasure) == .drop)
        #expect(try await store.users.user(id: user.id) == user)
        #expect(try await store.sessions.session(id: session.id)?.revocation == nil)
        #expect(try await store.events() == seen)
        #expect(try await saga.resume(all: true) == 0)
    }

    @Test("No answer: asked again, less and less often, until there is one")
    func unknown() async throws {
        let user = try await store.addUser()
        payments.answer(.unknown, .unknown, .closed)
        let erasure = try #require(try await saga.store.begin(user.id))
        #expect(try await saga.step(erasure) == .askAgain(afterMilliseconds: 1_000))
        #expect(try await saga.resume() == 0, "its time has not come")
        store.clock.advance(milliseconds: 1_000)
        #expect(try await saga.resume() == 1)
        #expect(try await users() == 1)
        store.clock.advance(milliseconds: 1_999)
        #expect(try await saga.resume() == 0)
        store.clock.advance(milliseconds: 1)
        #expect(try await saga.resume() == 1)
        #expect(try await users() == 0)
        #expect(Erasure.delay(afterAttempts: 100) == 60_000)
    }

    @Test("A clock that was set back lets no wish wait until it has caught up")
    func clockWasSetBack() async throws {
        let user = try await store.addUser()
        payments.answer(.unknown, .closed)
        _ = try await saga.store.begin(user.id)
        store.clock.advance(seconds: -3_600)
        #expect(try await saga.resume() == 1)
        #expect(try await saga.resume() == 0, "its time has not come")
        store.clock.advance(seconds: -3_600)
        #expect(try await saga.resume() == 1)
        #expect(try await users() == 0)
    }

    enum CrashPoint: CaseIterable { case afterTheWish, afterTheClosing, afterTheErasing }

    @Test(
        "After a crash at any step it ends as payments-service says, once",
        arguments: CrashPoint.allCases, [ClosingAnswer.closed, .moneyLeft])
    func crash(at point: CrashPoint, answer: ClosingAnswer) async throws {
        let user = try await store.addUser()
        _ = try await store.begin(user.id)
        payments.answer(answer)
        let erasure = try #require(try await saga.store.begin(user.id))
        // The process ends after payments-service has answered, and before anybody has heard it.
        if point == .afterTheClosing { _ = await payments.closeAccounts(of: user.id, origin: nil) }
        if point == .afterTheErasing { _ = try await saga.step(erasure) }

        await store.database.close()
        let database = try await SQLiteDatabase.open(
            path: store.directory.file("user-service.sqlite"), migrations: UserSchema.migrations)
        let resumed = try await saga(on: database).resume(all: true)

        #expect(resumed == (point == .afterTheErasing ? 0 : 1))
        let left = try await database.read { try $0.first("SELECT count(*) FROM users") { try $0.int(0) } }
        #expect(left == (answer == .closed ? 0 : 1))
        let deleted = try await database.read { reader in
            try reader.first("SELECT count(*) FROM events WHERE type = 'user.deleted'") { try $0.int(0) }
        }
        #expect(deleted == (answer == .closed ? 1 : 0))
        #expect(try await saga(on: database).resume(all: true) == 0)
        await database.close()
    }

    @Test("Request and resumer may both carry it out: it counts once")
    func racingSteps() async throws {
        let user = try await store.addUser()
        let (saga, erasure) = (saga, try #require(try await saga.store.begin(user.id)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await saga.step(erasure) } }
            try await group.waitForAll()
        }
        #expect(try await store.events().filter { $0 == "user.deleted" }.count == 1)
        #expect(try await users() == 0)
    }

    /// The first request heard that money is left; until that was written down, the money was moved and the wish made again.
    @Test("An answer of before takes nothing back from who asks again")
    func lateRefusal() async throws {
        let user = try await store.addUser()
        let first = try #require(try await saga.store.begin(user.id))
        let second = try #require(try await saga.store.begin(user.id))
        try await saga.store.advance(first, by: .drop, isAwaited: true)
        // Who is told that it is pending can rely on it.
        try await saga.store.advance(second, by: .askAgain(afterMilliseconds: 1_000), isAwaited: true)
        #expect(try await saga.store.count() == 1)
        try await saga.store.advance(first, by: .drop, isAwaited: true)
        // And so can who is told that everything is gone: the accounts are closed for good.
        try await saga.store.advance(second, by: .erase, isAwaited: true)
        #expect(try await users() == 0)
        #expect(try await store.events().last == "user.deleted")
    }

    @Test("Without a request that waits, a wish that was refused meanwhile ends nothing")
    func refusedMeanwhile() async throws {
        let user = try await store.addUser()
        let erasure = try #require(try await saga.store.begin(user.id))
        try await saga.store.advance(erasure, by: .drop, isAwaited: true)
        try await saga.store.advance(erasure, by: .askAgain(afterMilliseconds: 1_000))
        try await saga.store.advance(erasure, by: .erase)
        #expect(try await users() == 1)
        #expect(try await saga.store.count() == 0)
    }

    @Test func nobodyIsNotErased() async throws {
        #expect(try await saga.store.begin("usr_none") == nil)
        #expect(try await saga.store.count() == 0)
    }

    /// Deleting the user deletes everything of theirs: a table that refers to users either goes along by itself, or is
    /// one of those that are emptied before because their events come first.
    @Test func noTableIsForgotten() async throws {
        let kept = try await store.database.read { reader in
            try reader.all(
                """
                SELECT tables.name, keys.on_delete FROM sqlite_schema AS tables
                    JOIN pragma_foreign_key_list(tables.name) AS keys
                WHERE tables.type = 'table' AND keys."table" = 'users' ORDER BY 1
                """
            ) { (try $0.string(0), try $0.string(1)) }
        }
        #expect(kept.count >= 4)
        #expect(kept.filter { $0.1 != "CASCADE" }.map(\.0) == ["api_keys", "sessions"])
    }
}
