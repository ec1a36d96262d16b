import Synchronization

/// So many a second and no more: what a process without a collector samples, so that its memory has a trace of everything
/// on a quiet machine, and a busy one pays for a few only.
final class SampleAllowance: Sendable {
    /// The second in the upper half, how many it has had in the lower one.
    private let state = Atomic<UInt64>(0)
    private let limit: UInt64

    /// - Parameter limit: for each second.
    init(limit: UInt64) { self.limit = limit }

    /// Takes one of this second's, if there is one left.
    /// - Parameter nanoseconds: the time, of any clock that does not go back.
    func admits(at nanoseconds: UInt64) -> Bool {
        let second = (nanoseconds / 1_000_000_000) & 0xFFFF_FFFF
        var seen = state.load(ordering: .relaxed)
        while true {
            let isCurrent = seen >> 32 == second
            if isCurrent, seen & 0xFFFF_FFFF >= limit { return false }
            let next = isCurrent ? seen + 1 : second << 32 | 1
            let (exchanged, original) = state.weakCompareExchange(
                expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return true }
            seen = original
        }
    }
}
