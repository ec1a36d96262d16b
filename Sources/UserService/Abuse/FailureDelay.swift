/// How much longer each failure makes the next attempt wait. Times are nanoseconds.
struct FailureDelay: Sendable, Equatable {
    /// Failures without any delay: people mistype.
    let free: UInt64
    /// The delay after the first failure beyond those; each further one doubles it.
    let first: UInt64
    /// The delay never grows beyond this: somebody who knows the password gets in, later.
    let longest: UInt64
    /// Failures are forgotten when there was no attempt for this long.
    let memory: UInt64

    /// The delay after `failures` failures in a row.
    func delay(after failures: UInt64) -> UInt64 {
        guard failures > free else { return 0 }
        let doublings = failures - free - 1
        // Twenty doublings of a millisecond exceed every delay that makes sense; more would overflow.
        guard doublings < 20 else { return longest }
        return min(longest, first << doublings)
    }

    /// One account from one address: 5 failures, then 1 s, 2 s, … up to 15 minutes (96 guesses a day).
    static let account = FailureDelay(
        free: 5, first: 1_000_000_000, longest: 900_000_000_000, memory: 86_400_000_000_000)

    /// One account from all the addresses that are not known to be its owner's: 20 failures, then the same delays.
    static let strangers = FailureDelay(
        free: 20, first: 1_000_000_000, longest: 900_000_000_000, memory: 86_400_000_000_000)
}

/// The failures of one key in a row. Every attempt counts as a failure from its beginning, so that many at once get no
/// further than one after the other; what turns out not to have been one is taken back.
struct FailureRecord: Sendable, Equatable {
    private(set) var failures: UInt64 = 0
    /// When the latest attempt began.
    private(set) var latest: UInt64 = 0
    /// When the next one may begin.
    private(set) var opensAt: UInt64 = 0

    /// Begins an attempt, unless it is too early for one: then for how long it still is. A refusal changes nothing.
    mutating func begin(_ policy: FailureDelay, now: UInt64) -> UInt64? {
        if isForgotten(policy, now: now) { self = FailureRecord() }
        guard now >= opensAt else { return opensAt - now }
        failures += 1
        latest = max(latest, now)
        opensAt = latest + policy.delay(after: failures)
        return nil
    }

    /// Takes an attempt back that was no failure.
    mutating func takeBack(_ policy: FailureDelay) {
        guard failures > 0 else { return }
        failures -= 1
        let delay = policy.delay(after: failures)
        opensAt = delay == 0 ? 0 : latest + delay
    }

    /// Whether the failures are so old that they no longer count.
    func isForgotten(_ policy: FailureDelay, now: UInt64) -> Bool {
        failures == 0 || (now > latest && now - latest >= policy.memory)
    }
}
