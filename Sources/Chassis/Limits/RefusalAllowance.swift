import Synchronization

/// How many refused attempts are written to an audit log: so many a minute of one actor and of all together, so that nobody
/// fills the disk, or hides an act among thousands of lines, by being refused.
public final class RefusalAllowance: Sendable {
    private struct State {
        var minute: Int64 = .min
        var all = 0
        /// Never more than ``RefusalAllowance/most``: each entry was a line.
        var byActor: [String: Int] = [:]
        var dropped = 0
    }

    /// Lines a minute of all actors.
    public static let most = 120
    /// Lines a minute of one actor.
    public static let mostOfOne = 10

    private let state = Mutex(State())

    /// An allowance of which nothing is used.
    public init() {}

    /// How many were not written since the start.
    public var dropped: Int { state.withLock { $0.dropped } }

    /// Whether this one is to be written.
    /// - Parameter now: Milliseconds since 1970.
    public func admits(_ actor: String, now: Int64) -> Bool {
        state.withLock { state in
            let minute = now / 60_000
            if minute != state.minute { (state.minute, state.all, state.byActor) = (minute, 0, [:]) }
            guard state.all < Self.most, state.byActor[actor, default: 0] < Self.mostOfOne else {
                state.dropped += 1
                return false
            }
            state.all += 1
            state.byActor[actor, default: 0] += 1
            return true
        }
    }
}
