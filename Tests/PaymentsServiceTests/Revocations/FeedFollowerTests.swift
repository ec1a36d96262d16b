import Chassis
import Logging
import Storage
import Testing

@testable import PaymentsService

@Suite struct FeedFollowerTests {
    /// A process: a follower, and what it refuses.
    private struct Process {
        let follower: FeedFollower
        let revocations: Revocations

        /// Starts from what the database holds.
        init(_ bank: StoreFixture, _ feed: ScriptedFeed) async throws {
            let store = RevocationStore(database: bank.database)
            let known = try await store.load()
            let revocations = Revocations(RevocationList(known.revocations)) { 0 }
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            self.revocations = revocations
            follower = FeedFollower(
                feed: feed, store: store, revocations: revocations, position: known.position,
                metrics: FeedMetrics(MetricsRegistry()), clock: bank.clock, logger: logger)
        }

        func refuses(user: String = "usr_x", session: String? = nil, key: String? = nil) -> Bool {
            let caller = CallerIdentity(issuer: "gateway", subject: user, sessionID: session, keyID: key)
            return revocations.refusal(of: caller) != nil
        }
    }

    private static let nothing = LockSnapshot(users: [], sequence: 0, replayAfter: 0)

    @Test("What has ended is refused from then on, also by the next process")
    func follows() async throws {
        var bank = try await StoreFixture()
        let feed = ScriptedFeed(
            [
                .events(
                    from: 1, .other, .ended(.session, "ses_1"), .ended(.apiKey, "key_1"), .ended(.lockedUser, "usr_1"),
                    .ended(.erasedUser, "usr_2"))
            ], snapshots: [Self.nothing])
        let first = try await Process(bank, feed)
        #expect(!first.refuses(session: "ses_1"))
        await first.follower.follow()
        bank = try await bank.restarted()
        for process in [first, try await Process(bank, feed)] {
            #expect(process.refuses(session: "ses_1") && process.refuses(key: "key_1"))
            #expect(process.refuses(user: "usr_1") && process.refuses(user: "usr_2"))
            #expect(!process.refuses(session: "ses_2", key: "key_2"))
        }
        feed.then(.events(from: 6, .unlocked("usr_1")))
        let second = try await Process(bank, feed)
        await second.follower.follow()
        #expect(!second.refuses(user: "usr_1") && second.refuses(user: "usr_2"))
        #expect(feed.asked == [0, 5])
    }

    @Test("A commit that fails changes nothing: the event is read again")
    func commitFails() async throws {
        var bank = try await StoreFixture()
        let ended = ScriptedFeed.Answer.events(from: 1, .ended(.session, "ses_1"))
        let feed = ScriptedFeed([.events(from: 0), ended, ended], snapshots: [Self.nothing])
        let first = try await Process(bank, feed)
        await first.follower.follow()
        await bank.database.close()
        await first.follower.follow()
        #expect(!first.refuses(session: "ses_1"))
        #expect(await first.follower.position?.position == 0)
        bank = try await bank.restarted()
        let second = try await Process(bank, feed)
        await second.follower.follow()
        #expect(second.refuses(session: "ses_1"))
        #expect(feed.asked == [0, 0, 0])
    }

    @Test("An event that comes again changes nothing")
    func repeated() async throws {
        let bank = try await StoreFixture()
        let feed = ScriptedFeed(
            [
                .events(from: 1, .ended(.lockedUser, "usr_1"), .unlocked("usr_1")),
                .page(
                    FeedPage(
                        events: [FeedEvent(sequence: 1, occurredAt: 0, change: .ended(.lockedUser, "usr_1"))], next: 2)),
            ], snapshots: [Self.nothing])
        let process = try await Process(bank, feed)
        await process.follower.follow()
        await process.follower.follow()
        #expect(!process.refuses(user: "usr_1"))
        #expect(await process.follower.position?.position == 2)
    }

    @Test("From a position that is gone it begins again, and what has ended stays so")
    func gone() async throws {
        let bank = try await StoreFixture()
        let feed = ScriptedFeed(
            [.events(from: 1, .ended(.session, "ses_1"), .ended(.lockedUser, "usr_1")), .gone],
            snapshots: [Self.nothing, LockSnapshot(users: ["usr_2"], sequence: 90, replayAfter: 80)])
        let process = try await Process(bank, feed)
        await process.follower.follow()
        await process.follower.follow()
        #expect(await process.follower.position == nil)
        // The replayed lock is older than the snapshot, which has it that nobody but usr_2 is locked.
        feed.then(.events(from: 81, .ended(.lockedUser, "usr_3"), .ended(.session, "ses_2")))
        await process.follower.follow()
        for process in [process, try await Process(bank, feed)] {
            #expect(process.refuses(session: "ses_1") && process.refuses(session: "ses_2"))
            #expect(process.refuses(user: "usr_2"))
            #expect(!process.refuses(user: "usr_1") && !process.refuses(user: "usr_3"))
        }
        feed.then(.events(from: 91, .ended(.lockedUser, "usr_3")))
        await process.follower.follow()
        #expect(process.refuses(user: "usr_3"))
        #expect(feed.asked == [0, 2, 80, 82])
    }

    @Test("A feed that cannot be read is begun again; one that does not answer goes on where it was")
    func unusable() async throws {
        let bank = try await StoreFixture()
        let feed = ScriptedFeed(
            [.events(from: 1, .ended(.session, "ses_1")), .failure(UnexpectedStatus(500))], snapshots: [Self.nothing])
        let process = try await Process(bank, feed)
        await process.follower.follow()
        await process.follower.follow()
        #expect(await process.follower.position?.position == 1)
        #expect(process.refuses(session: "ses_1"))
        feed.then(.failure(FeedUnusable("test")))
        await process.follower.follow()
        #expect(await process.follower.position == nil)
        #expect(process.refuses(session: "ses_1"))
    }

    @Test("Events that change nothing here are committed now and then")
    func economy() async throws {
        let bank = try await StoreFixture()
        let store = RevocationStore(database: bank.database)
        let feed = ScriptedFeed([.events(from: 1, .other), .events(from: 2, .other)], snapshots: [Self.nothing])
        let process = try await Process(bank, feed)
        await process.follower.follow()
        #expect(try await store.load().position?.position == 0)
        bank.clock.advance(seconds: 10)
        await process.follower.follow()
        #expect(try await store.load().position?.position == 2)
    }

    @Test("Ended sessions are forgotten when their last token is; keys later; locks never")
    func forgets() async throws {
        let bank = try await StoreFixture()
        let feed = ScriptedFeed(
            [.events(from: 1, .ended(.session, "ses_1"), .ended(.apiKey, "key_1"), .ended(.lockedUser, "usr_1"))],
            snapshots: [Self.nothing])
        let process = try await Process(bank, feed)
        await process.follower.follow()
        let store = RevocationStore(database: bank.database)
        bank.clock.advance(milliseconds: 959_999)
        #expect(try await store.forget(now: bank.clock.now) == 0)
        bank.clock.advance(milliseconds: 1)
        #expect(try await store.forget(now: bank.clock.now, limit: 1) == 1)
        process.revocations.update { $0.forget(now: bank.clock.now) }
        for process in [process, try await Process(bank, feed)] {
            #expect(!process.refuses(session: "ses_1"))
            #expect(process.refuses(key: "key_1") && process.refuses(user: "usr_1"))
        }
        bank.clock.advance(seconds: 31 * 86_400)
        #expect(try await store.forget(now: bank.clock.now) == 1)
        #expect(try await store.load().revocations.map(\.id) == ["usr_1"])
    }

    @Test("What is held says how old it is")
    func health() {
        let revocations = Revocations(monotonic: { 0 })
        #expect(revocations.health == .healthy)
        let clock = ManualWallClock(now: 1_000)
        let old = Revocations { UInt64(clock.now) }
        clock.advance(seconds: 6)
        #expect(old.health == .degraded("not heard of for 6 s"))
        old.heard()
        #expect(old.health == .healthy)
    }
}
