import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The time of day. Injected wherever a time is stored, signed or compared, so that tests set it.
public protocol WallClock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    var now: Int64 { get }
}

/// The system's clock.
public struct SystemWallClock: WallClock {
    /// Needs no state.
    public init() {}

    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// A clock that stands still until a test moves it.
public final class ManualWallClock: WallClock {
    private let time: Atomic<Int64>

    /// A clock that stands at `now` (ms since 1970).
    public init(now: Int64 = 1_700_000_000_000) { time = Atomic(now) }

    /// The time set last.
    public var now: Int64 { time.load(ordering: .relaxed) }

    /// Moves the clock forward (or back, with a negative number) by `milliseconds`.
    public func advance(milliseconds: Int64) {
        time.wrappingAdd(milliseconds, ordering: .relaxed)
    }

    /// Moves the clock forward by `seconds`.
    public func advance(seconds: Int64) { advance(milliseconds: seconds * 1_000) }
}
