#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Nanoseconds of the monotonic clock.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The text of an `errno`.
func systemMessage(_ code: Int32) -> String {
    String(cString: strerror(code))
}

/// A number that tells threads apart, for choosing a favourite among a few; not a thread's identity.
func threadHint() -> Int {
    #if canImport(Darwin)
        let bits = UInt(bitPattern: pthread_self())
    #else
        let bits = UInt(bitPattern: Int(truncatingIfNeeded: UInt64(pthread_self())))
    #endif
    // Thread descriptors lie megabytes apart: the multiplication spreads their high bits.
    return Int((UInt64(bits) &* 0x9e37_79b9_7f4a_7c15) >> 33)
}

/// Gives up the rest of the time slice.
func yieldThread() {
    sched_yield()
}
