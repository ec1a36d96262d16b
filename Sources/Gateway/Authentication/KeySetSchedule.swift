/// When the key set is fetched: single flight, and a cool-down that begins with the attempt, not with its success.
///
/// A flood of tokens with unknown key ids therefore causes one fetch per cool-down, whatever the answer is. A pure state
/// machine; times are milliseconds of a monotonic clock.
struct KeySetSchedule: Sendable {
    enum Action: Sendable, Equatable {
        /// Fetch now and report with ``finished(succeeded:)``.
        case fetch
        /// A fetch is under way; its outcome answers this one too.
        case join
        /// Too soon after the latest attempt.
        case coolingDown
    }

    var coolDown: UInt64
    var refresh: UInt64
    private(set) var isFetching = false
    private var attempted: UInt64?
    private var hasKeys = false
    private var failures = 0
    private var hasChanged = false

    init(coolDown: UInt64, refresh: UInt64) {
        self.coolDown = coolDown
        self.refresh = refresh
    }

    /// A token names a key that the current set does not have.
    mutating func unknownKey(now: UInt64) -> Action {
        // As long as there is no set at all nobody can be authenticated: the pause is short then.
        request(now: now, pause: hasKeys ? coolDown : min(coolDown, startPause))
    }

    /// The background task's turn.
    mutating func tick(now: UInt64) -> Action {
        request(now: now, pause: hasKeys ? refresh : min(refresh, startPause))
    }

    /// There is another document than the one that was fetched last: the next ``tick(now:)`` need not wait.
    mutating func changed() { hasChanged = true }

    /// The fetch has ended; without success the last good set stays.
    mutating func finished(succeeded: Bool) {
        isFetching = false
        hasKeys = hasKeys || succeeded
        failures = succeeded ? 0 : failures + 1
    }

    private mutating func request(now: UInt64, pause: UInt64) -> Action {
        if isFetching { return .join }
        if !hasChanged, let attempted, now < attempted + pause { return .coolingDown }
        hasChanged = false
        attempted = now
        isFetching = true
        return .fetch
    }

    /// Before the first success: 100 ms, doubled with each failure up to 5 s.
    private var startPause: UInt64 { min(5_000, 100 << UInt64(min(failures, 6))) }
}
