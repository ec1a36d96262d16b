/// Slows down who guesses at an account's codes, having its password: a pure state machine. Times are ms since 1970.
///
/// Four wrong codes cost nothing; from the fifth on each is followed by a pause, 30 s at first and twice as long each time, a
/// quarter of an hour at most. That leaves about a hundred guesses a day at three codes in a million. The owner is not
/// locked out: recovery codes, which cannot be guessed, are taken during a pause too.
struct FactorAttempts: Sendable, Equatable {
    private static let free = 4
    private static let firstPause: Int64 = 30_000
    private static let longestPause: Int64 = 900_000

    /// Wrong codes since the last right one.
    private(set) var failures: Int
    /// Until when no code is looked at.
    private(set) var blockedUntil: Int64

    init(failures: Int = 0, blockedUntil: Int64 = 0) {
        self.failures = failures
        self.blockedUntil = blockedUntil
    }

    /// Whether a code is looked at now. No pause is longer than the longest, also when the clock was set back since.
    func allows(now: Int64) -> Bool { now >= blockedUntil || blockedUntil - now > Self.longestPause }

    /// A code was wrong.
    mutating func fail(now: Int64) {
        failures = min(failures + 1, 1_000)
        guard failures > Self.free else { return }
        let doublings = min(failures - Self.free - 1, 10)
        blockedUntil = now + min(Self.longestPause, Self.firstPause << Int64(doublings))
    }

    /// A code was right.
    mutating func succeed() { self = FactorAttempts() }
}
