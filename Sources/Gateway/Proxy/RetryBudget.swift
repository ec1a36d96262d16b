/// How many retries an upstream may still get: a share of the requests, and a minimum per second for quiet times.
///
/// A failing upstream is thereby asked at most a fifth more often than usual instead of three times as often.
/// Times are milliseconds of a monotonic clock.
struct RetryBudget: Sendable {
    private let percent: UInt64
    private let minimumPerSecond: UInt64
    /// Requests that earn retries at most: what was earned in a busy hour is not kept for the next one.
    private static let rememberedRequests: UInt64 = 1_000

    /// Hundredths of retries, earned by requests.
    private var earned: UInt64 = 0
    private var seenRequests: UInt64 = 0
    /// Thousandths of retries, earned by time.
    private var reserve: UInt64
    private var refilled: UInt64

    init(percent: Int, minimumPerSecond: Int, now: UInt64) {
        self.percent = UInt64(percent)
        self.minimumPerSecond = UInt64(minimumPerSecond)
        reserve = UInt64(minimumPerSecond) * 1_000
        refilled = now
    }

    /// Takes one retry out of the budget.
    ///
    /// - Parameters:
    ///   - requests: All requests that this upstream has been sent so far, first tries only.
    ///   - now: The time now.
    /// - Returns: Whether there was one.
    mutating func withdraw(requests: UInt64, now: UInt64) -> Bool {
        let fresh = requests >= seenRequests ? requests - seenRequests : 0
        seenRequests = max(seenRequests, requests)
        earned = min(earned + fresh * percent, Self.rememberedRequests * percent)
        let elapsed = now >= refilled ? min(now - refilled, 1_000) : 0
        refilled = max(refilled, now)
        reserve = min(reserve + elapsed * minimumPerSecond, minimumPerSecond * 1_000)
        if earned >= 100 {
            earned -= 100
            return true
        }
        guard reserve >= 1_000 else { return false }
        reserve -= 1_000
        return true
    }
}
