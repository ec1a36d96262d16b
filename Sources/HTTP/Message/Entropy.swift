import Sockets

/// Random bits for ids of requests and traces: unique, not secret.
///
/// One generator (xoshiro256++, D. Blackman and S. Vigna, 2019) that the system seeds and now and then reseeds. Asking the
/// system for every number was a system call for every sixth request.
enum Entropy {
    private struct Generator {
        var state: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        /// Numbers until the next seed.
        var left = 0

        @inline(__always)
        mutating func next() -> UInt64 {
            if left == 0 { seed() }
            left &-= 1
            let result = Self.rotated(state.0 &+ state.3, 23) &+ state.0
            let shifted = state.1 << 17
            state.2 ^= state.0
            state.3 ^= state.1
            state.1 ^= state.2
            state.0 ^= state.3
            state.2 ^= shifted
            state.3 = Self.rotated(state.3, 45)
            return result
        }

        @inline(never)
        private mutating func seed() {
            var system = SystemRandomNumberGenerator()
            // Not all zero, from which the generator would never come away.
            state = (system.next() | 1, system.next(), system.next(), system.next())
            left = 1 << 20
        }

        private static func rotated(_ value: UInt64, _ by: UInt64) -> UInt64 { value << by | value >> (64 &- by) }
    }

    private static let generator = Locked(Generator())

    static func next() -> UInt64 { generator.withLock { $0.next() } }

    /// Two numbers for the price of one lock.
    static func pair() -> (UInt64, UInt64) { generator.withLock { ($0.next(), $0.next()) } }

    /// Three numbers for the price of one lock.
    static func triple() -> (UInt64, UInt64, UInt64) { generator.withLock { ($0.next(), $0.next(), $0.next()) } }
}
