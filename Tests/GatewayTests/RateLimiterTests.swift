import Chassis
import TestSupport
import Testing

@testable import Gateway

/// The buckets in memory: who shares one, what several windows say together, and what a flood can and cannot do.
@Suite struct RateLimiterTests {
    private static let second: UInt64 = 1_000_000_000

    private func windows(
        _ windows: [(quota: Int, length: UInt64)], name: String = "a", route: String? = nil
    ) -> [RateWindow] {
        RatePlan(windows.map { .init(quota: $0.quota, length: $0.length, burst: $0.quota) }, name: name, route: route)
            .windows
    }

    private func charge(
        _ windows: [RateWindow], key: Int, cost: UInt64 = 1, vouchedFor: Bool = false, now: UInt64 = second
    ) -> RateCharge {
        RateCharge(windows: windows, key: key, cost: cost, isVouchedFor: vouchedFor, now: now)
    }

    @Test func keysLimitsAndRoutesAreToldApart() {
        let limiter = RateLimiter(entries: 1_024)
        let one = windows([(1, 1_000)])
        #expect(limiter.take(charge(one, key: 1)).isAllowed)
        #expect(!limiter.take(charge(one, key: 1)).isAllowed)
        #expect(limiter.take(charge(one, key: 2)).isAllowed)
        #expect(limiter.take(charge(windows([(1, 1_000)], name: "b"), key: 1)).isAllowed)
        #expect(limiter.take(charge(windows([(1, 1_000)], route: "r"), key: 1)).isAllowed)
        #expect(!limiter.take(charge(windows([(1, 1_000)]), key: 1)).isAllowed)
    }

    @Test func aRefusalByOneWindowChargesNone() {
        let limiter = RateLimiter(entries: 1_024)
        let both = windows([(2, 1_000), (3, 60_000)])
        #expect(limiter.take(charge(both, key: 1)).isAllowed)
        #expect(limiter.take(charge(both, key: 1)).isAllowed)
        for _ in 0..<50 {
            let refused = limiter.take(charge(both, key: 1))
            #expect(!refused.first.isAllowed)
            #expect(refused.further.map(\.remaining) == [1])
            #expect(refused.further[0].isAllowed)
        }
        let later = Self.second * 2
        #expect(limiter.take(charge(both, key: 1, now: later)).isAllowed)
        let refused = limiter.take(charge(both, key: 1, now: later))
        #expect(refused.first.isAllowed)
        #expect(!refused.further[0].isAllowed)
    }

    @Test func aRefundGivesRoomToTheNextOne() {
        let limiter = RateLimiter(entries: 1_024)
        let both = windows([(1, 1_000), (1, 60_000)])
        for _ in 0..<10 {
            #expect(limiter.take(charge(both, key: 1)).isAllowed)
            limiter.refund(charge(both, key: 1))
        }
        limiter.refund(charge(both, key: 2))
        #expect(limiter.take(charge(both, key: 2)).isAllowed)
        #expect(!limiter.take(charge(both, key: 2)).isAllowed)
    }

    /// Whatever was sent before: waiting exactly as long as told is enough, and one second less is not.
    @Test func whoWaitsAsToldIsLetInAndNobodyWaitsInVain() {
        var random = TestSeed.generator()
        for _ in 0..<300 {
            let store: any RateLimitStore = RateLimiter(entries: 1_024)
            let count = Int.random(in: 1...3, using: &random)
            let several = windows(
                (0..<count).map {
                    (
                        Int.random(in: 3...40, using: &random),
                        UInt64($0 * 50_000) + .random(in: 1_000...40_000, using: &random)
                    )
                })
            let cost = UInt64.random(in: 1...3, using: &random)
            var now = UInt64.random(in: 1...Self.second, using: &random)
            var outcome = store.take(charge(several, key: 7, cost: cost, now: now))
            while outcome.isAllowed {
                now += .random(in: 0...50_000_000, using: &random)
                outcome = store.take(charge(several, key: 7, cost: cost, now: now))
            }
            let told =
                ([outcome.first] + outcome.further).filter { !$0.isAllowed }
                .map { RateLimitFields.seconds(nanoseconds: $0.reset) }.max() ?? 0
            #expect(told >= 1)
            let early = store.take(charge(several, key: 7, cost: cost, now: now + (told - 1) * Self.second))
            #expect(!early.isAllowed)
            #expect(store.take(charge(several, key: 7, cost: cost, now: now + told * Self.second)).isAllowed)
        }
    }

    // MARK: - Floods

    /// New keys of one request each push out each other, whatever their limit's window, and never a used-up bucket.
    @Test(arguments: [UInt64(1_000), 60_000, 86_400_000])
    func aFloodOfNewKeysFreesNobody(length: UInt64) {
        let limiter = RateLimiter(entries: 1_024)
        let mine = windows([(10, 2_000)], name: "mine")
        for _ in 0..<10 { #expect(limiter.take(charge(mine, key: 99)).isAllowed) }
        let flood = windows([(10, length)], name: "flood")
        var random = TestSeed.generator()
        for _ in 0..<100_000 { _ = limiter.take(charge(flood, key: Int(truncatingIfNeeded: random.next()))) }
        #expect(!limiter.take(charge(mine, key: 99)).isAllowed)
        let occupancy = limiter.occupancy(now: Self.second)
        #expect(occupancy.capacity == 1_024)
        #expect(occupancy.used <= 1_024)
        #expect(occupancy.evictions > 50_000)
    }

    /// The bound: it takes as many used-up buckets as there is room for, and even they do not reach a caller's.
    @Test func usedUpAddressesPushOutAddressesButNoCallers() {
        let limiter = RateLimiter(entries: 1_024)
        let once = windows([(1, 60_000)])
        #expect(limiter.take(charge(once, key: 5, vouchedFor: true)).isAllowed)
        #expect(limiter.take(charge(windows([(2, 60_000)]), key: 5)).isAllowed)
        var random = TestSeed.generator()
        for _ in 0..<100_000 { _ = limiter.take(charge(once, key: Int(truncatingIfNeeded: random.next()))) }
        #expect(!limiter.take(charge(once, key: 5, vouchedFor: true)).isAllowed)
        let half = limiter.take(charge(windows([(2, 60_000)]), key: 5))
        #expect(half.first.remaining == 1)
    }

    // MARK: - Reload

    @Test func anotherSizeKeepsTheBuckets() {
        let limiter = RateLimiter(entries: 1_024)
        let once = windows([(1, 60_000)])
        for key in 0..<100 { #expect(limiter.take(charge(once, key: key)).isAllowed) }
        #expect(limiter.resized(to: 1_024) === limiter)
        let larger = limiter.resized(to: 65_536, now: Self.second)
        for key in 0..<100 { #expect(!larger.take(charge(once, key: key)).isAllowed) }
        #expect(larger.occupancy(now: Self.second).used == 100)
    }
}
