import Chassis
import HTTP
import Logging
import Sockets
import Synchronization

/// An issuer's key set: fetched in the background and when a token names an unknown key; the last good one is kept.
///
/// A known key is found without waiting, whatever is being fetched.
final class KeySource: Sendable {
    /// Where the document's bytes come from.
    struct Origin: Sendable {
        /// Throws when there is none to be had.
        var fetch: @Sendable () async throws -> [UInt8]
        /// What differs once there is another document, where that can be told cheaply.
        var version: (@Sendable () -> FileVersion?)?
    }

    /// What is known about a key id.
    enum Found: Sendable, Equatable {
        case key(VerificationKey)
        /// The issuer has no such key, as far as may be asked.
        case unknown
        /// There is no key set yet, or so many wait for one that this one may not: nobody's fault but ours.
        case unavailable
    }

    private struct State {
        var schedule: KeySetSchedule
        var current: KeySet?
        var version: FileVersion?
        var waiting: [CheckedContinuation<Bool, Never>] = []
        /// How many requests wait for the first set.
        var early = 0
    }

    /// The most requests that wait for one fetch, and for the first set.
    static let maximumWaiting = 1_000
    /// How many milliseconds a request waits for the first set: as long as for a service that restarts.
    static let patience: UInt64 = 15_000
    /// Milliseconds between two looks for it.
    private static let look: UInt64 = 100

    private let state: Mutex<State>
    private let changes = Atomic<Int>(0)
    private let algorithms: [TokenAlgorithm]
    private let origin: Origin
    private let clock: @Sendable () -> UInt64
    private let sleep: @Sendable (UInt64) async throws -> Void
    private let metrics: IssuerMetrics
    private let logger: Logger

    /// - Parameters:
    ///   - algorithms: The algorithms of which keys are taken.
    ///   - clock: Milliseconds of a monotonic clock.
    ///   - sleep: Returns after that many milliseconds of this clock.
    init(
        schedule: KeySetSchedule, algorithms: [TokenAlgorithm], origin: Origin, metrics: IssuerMetrics, logger: Logger,
        clock: @escaping @Sendable () -> UInt64 = { CoarseClock.milliseconds() },
        sleep: @escaping @Sendable (UInt64) async throws -> Void = { try await Task.sleep(for: .milliseconds($0)) }
    ) {
        state = Mutex(State(schedule: schedule))
        self.algorithms = algorithms
        self.origin = origin
        self.clock = clock
        self.sleep = sleep
        self.metrics = metrics
        self.logger = logger
    }

    /// Changes whenever another set has come; 0 while there is none.
    var generation: Int { changes.load(ordering: .acquiring) }

    /// The last good set; `nil` before the first.
    var current: KeySet? { state.withLock { $0.current } }

    /// The key of this id; an unknown one is fetched if it may be now.
    func key(_ id: String) async -> Found {
        if let known = current?.keys[id] { return .key(known) }
        guard await hasFirstSet() else { return .unavailable }
        if let known = current?.keys[id] { return .key(known) }
        guard await lookAgain() else { return .unavailable }
        return current?.keys[id].map { .key($0) } ?? .unknown
    }

    /// Waits where there is no set yet, through failed fetches too. A gateway may be asked before it can ask: its first
    /// requests come when the names of a cluster are not resolved for a moment, or when all services start together.
    ///
    /// - Returns: Whether there is a set.
    private func hasFirstSet() async -> Bool {
        guard current == nil else { return true }
        let mayWait = state.withLock { state in
            guard state.early < Self.maximumWaiting else { return false }
            state.early += 1
            return true
        }
        guard mayWait else { return false }
        defer { state.withLock { $0.early -= 1 } }
        let last = clock() + Self.patience
        while await lookAgain(), current == nil {
            guard clock() < last, (try? await sleep(Self.look)) != nil else { return false }
        }
        return current != nil
    }

    /// Fetches if that is allowed now, or waits for the fetch that is under way.
    ///
    /// - Returns: Whether the outcome was awaited where there was one to await.
    private func lookAgain() async -> Bool {
        await perform(state.withLock { $0.schedule.unknownKey(now: clock()) })
    }

    /// Another configuration has come.
    func schedule(coolDown: UInt64, refresh: UInt64) {
        state.withLock { ($0.schedule.coolDown, $0.schedule.refresh) = (coolDown, refresh) }
    }

    /// The issuer says that it has another set: the next ``tick()`` fetches it.
    func changed() { state.withLock { $0.schedule.changed() } }

    /// Fetches when it is time to, or when the file has changed: to be called now and then.
    func tick() async {
        let version = origin.version?()
        let action = state.withLock { state in
            if version != nil, version != state.version { state.schedule.changed() }
            let action = state.schedule.tick(now: clock())
            // Noted before it is read: what changes meanwhile is read again.
            if action == .fetch { state.version = version }
            return action
        }
        if action == .fetch { _ = await perform(action) }
    }

    /// Returns whether the outcome was awaited where there is one to await.
    private func perform(_ action: KeySetSchedule.Action) async -> Bool {
        switch action {
        case .coolingDown: return true
        case .join: return await joined()
        case .fetch:
            // A task of its own: the request that caused it may be cancelled, those that joined may not be.
            await Task { await self.refetch() }.value
            return true
        }
    }

    private func joined() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                guard state.schedule.isFetching else { return true }
                guard state.waiting.count < Self.maximumWaiting else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func refetch() async {
        let result = await fetched()
        let waiting = state.withLock { state in
            state.schedule.finished(succeeded: result != nil)
            if let result, result != state.current {
                state.current = result
                changes.wrappingAdd(1, ordering: .releasing)
            }
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume(returning: true) }
    }

    private func fetched() async -> KeySet? {
        do {
            let keys = try await KeySet(parsing: try await origin.fetch(), algorithms: algorithms)
            metrics.fetched(keys: keys.keys.count)
            return keys
        } catch {
            metrics.fetchFailed.increment()
            logger.warning(
                "The token keys could not be fetched", metadata: ["issuer": "\(metrics.name)", "reason": "\(error)"])
            return nil
        }
    }
}
