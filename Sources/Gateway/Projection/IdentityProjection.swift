import Chassis
import HTTP
import Logging
import Sockets
import Synchronization

/// User-service's API keys, ended sessions, locks and changes of roles, held in memory and kept up by its feed, so that a request is checked here.
///
/// It is rebuilt at the start, follows within seconds and needs no disk (docs/decisions/0004-gateway-projection.md). What
/// is remembered elsewhere about a key or a session carries the ``keyGeneration`` or ``sessionGeneration`` at which it was
/// right: as long as that is the current one, nobody has to ask.
final class IdentityProjection: Sendable {
    /// What is known about the secret of a key.
    enum Answer: Sendable {
        case key(HeldKey)
        /// There is none.
        case unknown
        /// It is not held, and it could not be asked for.
        case unavailable
    }

    private struct State {
        var known: ProjectionState
        var lookups: LookupSchedule
        var waiting: [[UInt8]: [CheckedContinuation<Answer, Never>]] = [:]
    }

    /// The time after which the snapshot is taken anew although the feed was followed: should the two ever differ, they
    /// do not for long.
    private static let snapshotLife: UInt64 = 600_000
    private static let largestPause: UInt64 = 1_000
    private static let leastPause: UInt64 = 200

    let configuration: ProjectionConfiguration
    let metrics: ProjectionMetrics
    private let feed: UserServiceFeed
    private let clock: any WallClock
    private let logger: Logger
    private let monotonic: @Sendable () -> UInt64
    private let state: Mutex<State>
    private let keyChanges = Atomic<Int>(1)
    private let sessionChanges = Atomic<Int>(1)
    private let keySetChanges = Atomic<Int>(1)
    /// When the feed was last heard of, in monotonic milliseconds.
    private let contact: Atomic<UInt64>
    /// Whether the feed has been read since the latest snapshot: what was ended before it is known then.
    private let isFollowed: Atomic<Bool>
    private let snapshotAt: Atomic<UInt64>
    private let reportedAt: Atomic<UInt64>
    private let failures = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - monotonic: Milliseconds of a clock that never goes back.
    ///   - previous: The projection that this one replaces. Sessions that it knows to have ended stay so.
    init(
        _ configuration: ProjectionConfiguration, feed: UserServiceFeed, metrics: ProjectionMetrics,
        clock: any WallClock, logger: Logger,
        monotonic: @escaping @Sendable () -> UInt64, inheriting previous: IdentityProjection? = nil
    ) {
        self.configuration = configuration
        self.feed = feed
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
        self.monotonic = monotonic
        // Keys, and how far the feed was followed, mean something at the place only that they were read from.
        let source = previous.flatMap { $0.feed.isSame(as: feed) ? $0 : nil }
        let now = monotonic()
        contact = Atomic(source?.contact.load(ordering: .relaxed) ?? now)
        isFollowed = Atomic(source?.isFollowed.load(ordering: .relaxed) ?? false)
        snapshotAt = Atomic(source?.snapshotAt.load(ordering: .relaxed) ?? 0)
        reportedAt = Atomic(source?.reportedAt.load(ordering: .relaxed) ?? now)
        let known = previous.map { previous in
            previous.state.withLock { $0.known.successor(capacity: configuration.keys, ofSameSource: source != nil) }
        }
        state = Mutex(
            State(
                known: known ?? ProjectionState(capacity: configuration.keys),
                lookups: LookupSchedule(
                    perSecond: configuration.lookupsPerSecond, unknownFor: configuration.unknownFor)))
    }

    /// The projection of a configuration, asked for through the gateway's own client.
    convenience init?(
        configuration: ProjectionConfiguration, upstreams: [Upstream], environment: GatewayEnvironment,
        inheriting previous: IdentityProjection? = nil
    ) {
        guard let upstream = upstreams.first(where: { $0.configuration.name == configuration.upstream }) else {
            return nil
        }
        let (sign, audience) = (environment.identity, upstream.configuration.audience)
        self.init(
            configuration,
            feed: UserServiceFeed(
                client: environment.client, endpoint: upstream.endpoint, audience: audience,
                identity: { try audience.map { try sign($0, nil).token } }),
            metrics: environment.metrics.projection, clock: environment.clock, logger: environment.logger,
            monotonic: environment.monotonic, inheriting: previous)
    }

    // MARK: - For requests

    /// Grows whenever a key that was held is gone or another one.
    @inline(__always)
    var keyGeneration: Int { keyChanges.load(ordering: .acquiring) }

    /// Grows whenever a session has ended, or a user was locked, unlocked or given other roles.
    @inline(__always)
    var sessionGeneration: Int { sessionChanges.load(ordering: .acquiring) }

    /// Grows whenever user-service says that its key set is another one.
    var keySetGeneration: Int { keySetChanges.load(ordering: .acquiring) }

    /// The key that is held for a secret's hash.
    func held(_ hash: [UInt8]) -> HeldKey? { state.withLock { $0.known.keys.find(hash) } }

    /// Why a token is void although it is genuine; nil as long as nothing is known against it.
    func refusal(of claims: TokenClaims) -> TokenRefusal? {
        state.withLock { state in
            if let session = claims.sessionID, state.known.hasEnded(session) { return .sessionEnded }
            if state.known.isLocked(claims.subject) { return .userLocked }
            // Compared as they are, and not by time: whatever token says the roles of now is right, and clocks have no part.
            guard let roles = state.known.roles(of: claims.subject) else { return nil }
            return roles == claims.statedRoles ? nil : .outdated
        }
    }

    /// A session has ended, as this gateway saw itself.
    func end(session: String) {
        publish(state.withLock { $0.known.end(session, now: clock.now) })
    }

    /// A user is gone, as this gateway saw itself.
    func end(user: String) {
        publish(state.withLock { $0.known.end(user: user, now: clock.now) })
    }

    /// The key for a secret's hash; asks user-service when it is not held.
    func key(_ hash: [UInt8]) async -> Answer {
        enum Next {
            case answer(Answer)
            case fetch
            case join
        }
        let next: Next = state.withLock { state in
            if let held = state.known.keys.find(hash) { return .answer(.key(held)) }
            switch state.lookups.request(hash, now: monotonic()) {
            case .unknown: return .answer(.unknown)
            case .fetch: return .fetch
            case .join: return .join
            case .tooMany:
                metrics.tooMany.increment()
                return .answer(.unavailable)
            }
        }
        switch next {
        case .answer(let answer): return answer
        case .join: return await joined(hash)
        // A task of its own: the request that caused it may be cancelled, those that joined may not be.
        case .fetch: return await Task { await self.lookUp(hash) }.value
        }
    }

    private func joined(_ hash: [UInt8]) async -> Answer {
        await withCheckedContinuation { continuation in
            let answer: Answer? = state.withLock { state in
                if let held = state.known.keys.find(hash) { return .key(held) }
                // Over in between, and not found: what came of it is known, or the client tries again.
                guard state.lookups.isRunning(hash) else {
                    return state.lookups.isUnknown(hash, now: monotonic()) ? .unknown : .unavailable
                }
                state.waiting[hash, default: []].append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func lookUp(_ hash: [UInt8]) async -> Answer {
        let answer = await fetched(hash)
        let isUnknown = if case .unknown = answer { true } else { false }
        let waiting = state.withLock { state in
            state.lookups.finished(hash, isUnknown: isUnknown, now: monotonic())
            return state.waiting.removeValue(forKey: hash) ?? []
        }
        for one in waiting { one.resume(returning: answer) }
        return answer
    }

    private func fetched(_ hash: [UInt8]) async -> Answer {
        // An answer that the feed has overtaken is asked for again; more than once is very unlikely.
        for _ in 0..<3 {
            do {
                switch try await feed.key(hash: hash) {
                case .nothing:
                    metrics.unknown.increment()
                    return .unknown
                case .key(let record, let position):
                    guard record.validUntil(hash) != nil else { return .unknown }
                    metrics.found.increment()
                    let kept = state.withLock { $0.known.insert(record, readAt: position) }
                    guard let kept else { continue }
                    if kept.isChange { publish(.keys) }
                    return .key(kept.key)
                }
            } catch {
                metrics.failed.increment()
                return .unavailable
            }
        }
        return .unavailable
    }

    private func publish(_ changes: ProjectionState.Changes) {
        if changes.contains(.keys) { keyChanges.wrappingAdd(1, ordering: .releasing) }
        if changes.contains(.sessions) { sessionChanges.wrappingAdd(1, ordering: .releasing) }
        if changes.contains(.keySet) { keySetChanges.wrappingAdd(1, ordering: .releasing) }
    }

    // MARK: - Following

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
        let changes = state.withLock { state in
            for case .key(let record) in page.events.map(\.change) { state.lookups.exists(record.hash) }
            let changes = state.known.apply(page, now: clock.now)
            state.known.forget(now: clock.now)
            return changes
        }
        publish(changes)
        metrics.followed.increment()
        // A full page has others behind it.
        if page.events.count < UserServiceFeed.pageLength { heard() }
        // Who does not let us wait, perhaps because it is about to stop, is not asked all the time.
        if page.events.isEmpty, monotonic() < started + Self.leastPause {
            try await Task.sleep(for: .milliseconds(Self.leastPause))
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

    // MARK: - How it is

    /// Milliseconds since the feed was last heard of, or since the start.
    var age: UInt64 {
        let (now, last) = (monotonic(), contact.load(ordering: .relaxed))
        return now > last ? now - last : 0
    }

    /// Whether the feed is followed and was heard of lately, so that what was ended would be known. It is not while it
    /// was never heard of at all.
    var isFresh: Bool { isFollowed.load(ordering: .acquiring) && age <= ProjectionConfiguration.staleAfter }

    /// Whether it is kept up; never a reason to be taken out of service.
    var health: HealthStatus {
        let age = age
        guard age > ProjectionConfiguration.staleAfter else { return .healthy }
        return .degraded("not heard of for \(age / 1_000) s")
    }

    /// Writes the gauges.
    func measure() {
        let (keys, sessions, users) = state.withLock {
            ($0.known.keys.count, $0.known.endedSessions, $0.known.changedUsers)
        }
        metrics.set(age: age, keys: keys, sessions: sessions, users: users)
    }
}
