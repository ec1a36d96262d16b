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

    struct State {
        var known: ProjectionState
        var lookups: LookupSchedule
        var waiting: [[UInt8]: [CheckedContinuation<Answer, Never>]] = [:]
    }

    let configuration: ProjectionConfiguration
    let metrics: ProjectionMetrics
    let feed: UserServiceFeed
    let clock: any WallClock
    let logger: Logger
    let monotonic: @Sendable () -> UInt64
    let state: Mutex<State>
    private let keyChanges = Atomic<Int>(1)
    private let sessionChanges = Atomic<Int>(1)
    private let keySetChanges = Atomic<Int>(1)
    /// When the feed was last heard of, in monotonic milliseconds.
    let contact: Atomic<UInt64>
    /// Whether the feed has been read since the latest snapshot: what was ended before it is known then.
    let isFollowed: Atomic<Bool>
    let snapshotAt: Atomic<UInt64>
    let reportedAt: Atomic<UInt64>
    let failures = Atomic<UInt64>(0)

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

    func publish(_ changes: ProjectionState.Changes) {
        if changes.contains(.keys) { keyChanges.wrappingAdd(1, ordering: .releasing) }
        if changes.contains(.sessions) { sessionChanges.wrappingAdd(1, ordering: .releasing) }
        if changes.contains(.keySet) { keySetChanges.wrappingAdd(1, ordering: .releasing) }
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
