import TestSupport
import Testing

@testable import Chassis

@Suite struct GCRATests {
    private static let second: UInt64 = 1_000_000_000

    @Test func aQuietKeyMaySendItsQuotaAtOnce() {
        let limit = GCRA(quota: 3, windowMilliseconds: 3_000)
        var arrival: UInt64 = 0
        let now = 100 * Self.second
        #expect(limit.decide(arrival: &arrival, now: now) == .init(isAllowed: true, remaining: 2, reset: Self.second))
        #expect(limit.decide(arrival: &arrival, now: now).remaining == 1)
        #expect(
            limit.decide(arrival: &arrival, now: now) == .init(isAllowed: true, remaining: 0, reset: 3 * Self.second))
        let refused = limit.decide(arrival: &arrival, now: now)
        #expect(refused == .init(isAllowed: false, remaining: 0, reset: Self.second))
    }

    @Test func aRefusalCostsNothing() {
        let limit = GCRA(quota: 1, windowMilliseconds: 1_000)
        var arrival: UInt64 = 0
        #expect(limit.decide(arrival: &arrival, now: Self.second).isAllowed)
        let kept = arrival
        for _ in 0..<100 { #expect(!limit.decide(arrival: &arrival, now: Self.second).isAllowed) }
        #expect(arrival == kept)
        #expect(limit.decide(arrival: &arrival, now: 2 * Self.second).isAllowed)
    }

    @Test func whatCostsMoreThanTheBurstTakesAllOfIt() {
        let limit = GCRA(quota: 10, windowMilliseconds: 10_000, burst: 4)
        var arrival: UInt64 = 0
        let now = 100 * Self.second
        #expect(
            limit.decide(arrival: &arrival, now: now, cost: 50)
                == .init(isAllowed: true, remaining: 0, reset: 4 * Self.second))
        let refused = limit.decide(arrival: &arrival, now: now, cost: 50)
        #expect(refused == .init(isAllowed: false, remaining: 0, reset: 4 * Self.second))
        #expect(limit.decide(arrival: &arrival, now: now + refused.reset, cost: 50).isAllowed)
        #expect(limit.refunded(arrival: arrival, cost: 50) == now + refused.reset)
    }

    @Test func whoWaitsAsToldIsLetIn() {
        var random = SeededGenerator.announced()
        for _ in 0..<500 {
            let limit = GCRA(
                quota: Int.random(in: 1...50, using: &random),
                windowMilliseconds: UInt64.random(in: 1...100_000, using: &random))
            var arrival: UInt64 = 0
            var now = UInt64.random(in: 1...Self.second, using: &random)
            while case let decision = limit.decide(arrival: &arrival, now: now), decision.isAllowed {}
            let told = limit.decide(arrival: &arrival, now: now).reset
            #expect(told > 0)
            #expect(!limit.decide(arrival: &arrival, now: now + told - 1).isAllowed)
            now += told
            #expect(limit.decide(arrival: &arrival, now: now).isAllowed)
        }
    }

    /// Over any window no more than twice the quota passes, and in the long run no more than the rate.
    @Test func theRateIsKeptUnderAnyArrivals() {
        var random = SeededGenerator.announced()
        let limit = GCRA(quota: 10, windowMilliseconds: 1_000)
        for _ in 0..<50 {
            var arrival: UInt64 = 0
            var now: UInt64 = Self.second
            let start = now
            var allowed = 0
            for _ in 0..<2_000 {
                now += UInt64.random(in: 0...20_000_000, using: &random)
                if limit.decide(arrival: &arrival, now: now).isAllowed { allowed += 1 }
            }
            #expect(allowed <= Int((now - start) / limit.interval) + 10 + 1)
        }
    }

    @Test func aClockThatStepsBackRefusesNobodyForLong() {
        let limit = GCRA(quota: 2, windowMilliseconds: 1_000)
        var arrival: UInt64 = 0
        #expect(limit.decide(arrival: &arrival, now: 10 * Self.second).isAllowed)
        let decision = limit.decide(arrival: &arrival, now: 9 * Self.second)
        #expect(!decision.isAllowed)
        #expect(decision.reset <= 2 * Self.second)
    }

    // MARK: - Cost and burst

    @Test func aCostlyRequestCountsForSeveral() {
        let limit = GCRA(quota: 10, windowMilliseconds: 10_000)
        var arrival: UInt64 = 0
        let now = 7 * Self.second
        #expect(limit.decide(arrival: &arrival, now: now, cost: 7).remaining == 3)
        let refused = limit.decide(arrival: &arrival, now: now, cost: 4)
        #expect(refused == .init(isAllowed: false, remaining: 3, reset: Self.second))
        #expect(limit.decide(arrival: &arrival, now: now, cost: 3).isAllowed)
    }

    @Test func aSmallBurstSpreadsTheQuota() {
        let limit = GCRA(quota: 60, windowMilliseconds: 60_000, burst: 5)
        var arrival: UInt64 = 0
        var now = Self.second
        for _ in 0..<5 { #expect(limit.decide(arrival: &arrival, now: now).isAllowed) }
        #expect(limit.decide(arrival: &arrival, now: now).reset == Self.second)
        now += 60 * Self.second
        for _ in 0..<5 { #expect(limit.decide(arrival: &arrival, now: now).isAllowed) }
        #expect(!limit.decide(arrival: &arrival, now: now).isAllowed)
    }

    @Test func aRefundIsAsIfNothingHadBeenAsked() {
        var random = SeededGenerator.announced()
        for _ in 0..<200 {
            let limit = GCRA(quota: 20, windowMilliseconds: 20_000)
            var arrival: UInt64 = 0
            let now = 5 * Self.second
            let before = Int.random(in: 0...9, using: &random)
            for _ in 0..<before { _ = limit.decide(arrival: &arrival, now: now) }
            let kept = limit.probe(arrival: arrival, now: now, cost: 1)
            let cost = UInt64.random(in: 1...11, using: &random)
            #expect(limit.decide(arrival: &arrival, now: now, cost: cost).isAllowed)
            arrival = limit.refunded(arrival: arrival, cost: cost)
            #expect(limit.probe(arrival: arrival, now: now, cost: 1) == kept)
        }
    }
}
