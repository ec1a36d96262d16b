import Chassis
import HTTP
import Logging
import Sockets
import Synchronization

/// The issuer's key set: fetched in the background and when a token names an unknown key; the last good one is kept.
final class KeySource: Sendable {
    /// Fetches the document's bytes; throws when there is none to be had.
    typealias Fetch = @Sendable () async throws -> [UInt8]

    private struct State {
        var schedule: KeySetSchedule
        var current: KeySet?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// The longest key set in bytes.
    static let maximumLength = 64 << 10

    private let state: Mutex<State>
    private let version = Atomic<Int>(0)
    private let fetch: Fetch
    private let clock: @Sendable () -> UInt64
    private let metrics: GatewayMetrics
    private let logger: Logger

    /// - Parameter clock: Milliseconds of a monotonic clock.
    init(
        schedule: KeySetSchedule, metrics: GatewayMetrics, logger: Logger,
        clock: @escaping @Sendable () -> UInt64 = { CoarseClock.milliseconds() }, fetch: @escaping Fetch
    ) {
        state = Mutex(State(schedule: schedule))
        self.fetch = fetch
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
    }

    /// Changes whenever another set has come; 0 while there is none.
    var generation: Int { version.load(ordering: .acquiring) }

    /// The last good set; `nil` before the first.
    var current: KeySet? { state.withLock { $0.current } }

    /// The set that has `keyID`, else the newest one that may be asked for now.
    func keys(having keyID: String) async -> KeySet? {
        if let known = current, known.points[keyID] != nil { return known }
        await perform(state.withLock { $0.schedule.unknownKey(now: clock()) })
        return current
    }

    /// Fetches when it is time to: to be called now and then.
    func tick() async {
        let action = state.withLock { $0.schedule.tick(now: clock()) }
        if action == .fetch { await perform(action) }
    }

    private func perform(_ action: KeySetSchedule.Action) async {
        switch action {
        case .coolingDown: return
        case .join: await joined()
        case .fetch:
            // A task of its own: the request that caused it may be cancelled, those that joined may not be.
            await Task { await self.refetch() }.value
        }
    }

    private func joined() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.schedule.isFetching else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func refetch() async {
        let result = await fetched()
        let waiting = state.withLock { state in
            state.schedule.finished(succeeded: result != nil)
            if let result, result.points != state.current?.points {
                state.current = result
                version.wrappingAdd(1, ordering: .releasing)
            }
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    private func fetched() async -> KeySet? {
        do {
            let keys = try await KeySet(parsing: try await fetch())
            metrics.keySetFetched.increment()
            return keys
        } catch {
            metrics.keySetFailed.increment()
            logger.warning("The token keys could not be fetched", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}
