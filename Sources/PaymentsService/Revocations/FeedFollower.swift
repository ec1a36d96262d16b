import Chassis
import Logging
import ServiceLifecycle

/// Follows user-service's feed for as long as the process runs. What an event changes is committed together with the
/// event's number, and only then refused: a crash repeats an event at most, which changes nothing the second time.
actor FeedFollower {
    /// The longest time for which the number of events that change nothing here is only in memory, in milliseconds: they
    /// may be read again, and a commit for each login would be a waste.
    private static let unwritten: Int64 = 10_000
    private static let largestPause = 1_000
    private static let leastPause = Duration.milliseconds(200)

    private let feed: any RevocationFeed
    private let store: RevocationStore
    private let revocations: Revocations
    private let metrics: FeedMetrics
    private let clock: any WallClock
    private let logger: Logger
    /// `nil` while there is nothing to begin with.
    private(set) var position: FeedPosition?
    private var writtenAt: Int64
    private var failures = 0

    init(
        feed: any RevocationFeed, store: RevocationStore, revocations: Revocations, position: FeedPosition?,
        metrics: FeedMetrics, clock: any WallClock, logger: Logger
    ) {
        self.feed = feed
        self.store = store
        self.revocations = revocations
        self.position = position
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
        writtenAt = clock.now
    }

    /// Waits for news and takes them in, or fails and waits a little.
    func follow() async {
        do {
            let from = try await beginning()
            let started = ContinuousClock.now
            let isQuiet = try await read(from)
            if failures > 0 { logger.info("The feed of user-service is followed again") }
            failures = 0
            // Who does not let us wait, perhaps because it is about to stop, is not asked all the time.
            if isQuiet, ContinuousClock.now - started < Self.leastPause { try await Task.sleep(for: Self.leastPause) }
        } catch {
            guard !Task.isCancelled else { return }
            await failed(error)
        }
    }

    /// Where to read on; begins with a snapshot where there is no such place.
    private func beginning() async throws -> FeedPosition {
        if let position { return position }
        let snapshot = try await feed.snapshot()
        let position = FeedPosition(position: snapshot.replayAfter, locksReadAt: snapshot.sequence)
        try await store.begin(with: snapshot.users, at: position)
        revocations.update { $0.replaceLocked(by: snapshot.users) }
        revocations.haveUnlocked()
        self.position = position
        return position
    }

    /// - Returns: Whether nothing came.
    private func read(_ from: FeedPosition) async throws -> Bool {
        guard let page = try await feed.events(after: from.position) else {
            logger.notice("The feed of user-service cannot be followed from here: beginning again")
            position = nil
            return true
        }
        let now = clock.now
        let news = page.events.filter { $0.sequence > from.position }
        let changes = news.filter { !$0.isAboutLocks || $0.sequence > from.locksReadAt }
            .compactMap { $0.effect(now: now) }
        let reached = FeedPosition(
            position: max(page.next, news.last?.sequence ?? from.position), locksReadAt: from.locksReadAt)
        try await commit(changes, reached, now)
        position = reached
        revocations.heard()
        metrics.took(lag: news.last.map { now - $0.occurredAt }, position: reached.position)
        return news.isEmpty
    }

    private func commit(_ changes: [RevocationChange], _ reached: FeedPosition, _ now: Int64) async throws {
        if !changes.isEmpty || (reached != position && now - writtenAt >= Self.unwritten) {
            try await store.apply(changes, at: reached)
            writtenAt = now
        }
        guard !changes.isEmpty else { return }
        revocations.update { list in
            for change in changes { list.apply(change) }
        }
        if changes.contains(where: \.unlocks) { revocations.haveUnlocked() }
    }

    private func failed(_ error: any Error) async {
        metrics.lost.increment()
        if failures == 0 { logger.warning("The feed of user-service is lost", metadata: ["reason": "\(error)"]) }
        // What cannot be read now would not be read the next time either: a snapshot leads past it.
        if error is FeedUnusable { position = nil }
        try? await Task.sleep(for: .milliseconds(min(Self.largestPause, 50 << min(failures, 8))))
        failures += 1
    }
}

/// Runs a follower until the service stops.
struct FeedFollowing: Service {
    let follower: FeedFollower

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled { await follower.follow() }
        }
    }
}
