import Chassis
import Logging
import Synchronization

// How the projection is kept up: a snapshot to begin with, then the feed; and what user-service is told in return.
extension IdentityProjection {
    /// The time after which the snapshot is taken anew although the feed was followed: should the two ever differ, they
    /// do not for long.
    private static let snapshotLife: UInt64 = 600_000
    /// The most pages that a request waits for.
    private static let pagesToCatchUp = 3
    private static let largestPause: UInt64 = 1_000
    private static let leastPause: UInt64 = 200

    /// Waits for news and takes them in, or fails and waits a little: to be called over and over by one task.
    func follow() async {
        do {
            if needsSnapshot { try await load() }
            try await read()
            if failures.exchange(0, ordering: .relaxed) > 0 {
                logger.info("The feed of user-service is followed again")
            }
        } catch {
            guard !Task.isCancelled else { return }
            await failed(error)
        }
        if monotonic() >= reportedAt.load(ordering: .relaxed) + configuration.reportUses { await reportUses() }
    }

    private var needsSnapshot: Bool {
        state.withLock { $0.known.position == nil }
            || monotonic() >= snapshotAt.load(ordering: .relaxed) + Self.snapshotLife
    }

    private func load() async throws {
        let first = try await feed.snapshot(after: nil)
        var keys = first.keys
        var next = first.next
        while let after = next, keys.count < configuration.keys {
            let page = try await feed.snapshot(after: after)
            keys += page.keys
            next = page.next
        }
        let whole = SnapshotPage(keys: keys, sequence: first.sequence, replayAfter: first.replayAfter)
        state.withLock { $0.known.load(whole) }
        metrics.followed.increment()
        snapshotAt.store(monotonic(), ordering: .relaxed)
        publish(.keys)
    }

    private func read() async throws {
        guard let position = state.withLock({ $0.known.position }) else { return }
        let started = monotonic()
        guard let page = try await feed.events(after: position) else { throw FeedUnusable("the position is gone") }
        take(page, after: position)
        metrics.followed.increment()
        // A full page has others behind it.
        if page.events.count < FollowedFeed.pageLength { heard() }
        // Who does not let us wait, perhaps because it is about to stop, is not asked all the time.
        if page.events.isEmpty, monotonic() < started + Self.leastPause {
            try await Task.sleep(for: .milliseconds(Self.leastPause))
        }
    }

    /// Takes a page in that was asked for after a position. What was known already changes nothing, so it does not matter
    /// who asked.
    private func take(_ page: FeedPage, after position: Int64) {
        let changes: ProjectionState.Changes = state.withLock { state in
            // A snapshot came in between: the feed is followed from an earlier place, and nothing of it may be left out.
            guard let current = state.known.position, current >= position else { return [] }
            for case .key(let record) in page.events.map(\.change) { state.lookups.exists(record.hash) }
            let changes = state.known.apply(page, now: clock.now)
            state.known.forget(now: clock.now)
            return changes
        }
        publish(changes)
    }

    /// Takes in what the feed has by now, without waiting for more: a request that revokes something was relayed, and what
    /// it revoked is to be refused here before its answer is read. It takes two seconds for a page at most; what could not be
    /// read then comes by the feed.
    func catchUp() async {
        do {
            for _ in 0..<Self.pagesToCatchUp {
                guard let position = state.withLock({ $0.known.position }),
                    let page = try await feed.events(after: position, wait: 0, timeout: .seconds(2))
                else { return }
                take(page, after: position)
                if page.events.count < FollowedFeed.pageLength { return }
            }
        } catch {
            logger.warning("The feed could not be read after a revocation", metadata: ["reason": "\(error)"])
        }
    }

    private func heard() {
        contact.store(monotonic(), ordering: .relaxed)
        isFollowed.store(true, ordering: .releasing)
    }

    private func failed(_ error: any Error) async {
        metrics.lost.increment()
        let count = failures.wrappingAdd(1, ordering: .relaxed).oldValue
        if count == 0 { logger.warning("The feed of user-service is lost", metadata: ["reason": "\(error)"]) }
        // What cannot be read now would not be read the next time either: a snapshot leads past it.
        if error is FeedUnusable {
            isFollowed.store(false, ordering: .releasing)
            state.withLock { $0.known.lose() }
        }
        try? await Task.sleep(for: .milliseconds(min(Self.largestPause, 50 << min(count, 8))))
    }

    // MARK: - Uses

    /// Reports the uses that were not reported yet. What cannot be reported now is the next time.
    func reportUses() async {
        reportedAt.store(monotonic(), ordering: .relaxed)
        let keys = state.withLock { $0.known.keys.all }
        let uses = keys.compactMap { key in key.use.unreported.map { (key, $0) } }
        for start in stride(from: 0, to: uses.count, by: 1_000) {
            let part = uses[start..<min(start + 1_000, uses.count)]
            do {
                try await feed.report(part.map { (id: $0.0.record.id, at: $0.1) })
            } catch {
                return logger.warning("Uses of API keys could not be reported", metadata: ["reason": "\(error)"])
            }
            for (key, time) in part { key.use.report(time) }
        }
    }
}
