/// Decides what becomes of a child that died: started again after a growing delay, or given up on.
///
/// Pure: the caller passes the time of each death, in milliseconds of any monotonic clock.
struct RestartPolicy: Equatable {
    enum Decision: Equatable {
        /// Start it again after this many milliseconds.
        case restart(afterMilliseconds: UInt64)
        /// It died too often: stop everything.
        case giveUp(deaths: Int)
    }

    /// Deaths inside the window that end the patience.
    static let maximumDeaths = 5
    /// The window, in milliseconds.
    static let window: UInt64 = 60_000
    /// The delay after a first death; doubled by every further one inside the window, up to `maximumDelay`.
    static let initialDelay: UInt64 = 100
    static let maximumDelay: UInt64 = 5_000

    private var deaths: [UInt64] = []

    /// Records a death at `now` and says what to do.
    mutating func recordDeath(at now: UInt64) -> Decision {
        deaths.removeAll { now - $0 >= Self.window }
        deaths.append(now)
        if deaths.count >= Self.maximumDeaths { return .giveUp(deaths: deaths.count) }
        let delay = Self.initialDelay << UInt64(deaths.count - 1)
        return .restart(afterMilliseconds: min(delay, Self.maximumDelay))
    }
}
