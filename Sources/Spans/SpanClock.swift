#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The clock of spans.
public enum SpanClock {
    /// Nanoseconds since an arbitrary start, never going back: the clock of requests' durations too.
    public static var now: UInt64 { read(CLOCK_MONOTONIC) }

    /// What is to be added to ``now`` to get nanoseconds since 1970, at this moment: the time of day may be set anew
    /// while a process runs.
    public static var epoch: UInt64 { read(CLOCK_REALTIME) &- now }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
