import Testing

@testable import Gateway

@Suite struct CircuitBreakerTests {
    private static let configuration = BreakerConfiguration(errorPercent: 50, minimum: 10, window: 10_000, open: 5_000)

    /// A breaker that has just opened at `now`.
    private static func opened(now: UInt64 = 0) -> CircuitBreaker {
        var breaker = CircuitBreaker(configuration)
        for index in 1...10 { _ = breaker.failed(now: now, tries: UInt64(index)) }
        return breaker
    }

    @Test func opensAtTheShareOfErrorsFromTheMinimumOn() {
        var breaker = CircuitBreaker(Self.configuration)
        for index in 1..<10 { #expect(breaker.failed(now: 0, tries: UInt64(index)) == false) }
        #expect(breaker.failed(now: 0, tries: 10) == true)
        #expect(breaker.state == .open(until: 5_000))
    }

    @Test func successesCountAgainstIt() {
        var breaker = CircuitBreaker(Self.configuration)
        var tries: UInt64 = 0
        for _ in 0..<100 {
            // One in three fails.
            tries += 3
            #expect(breaker.failed(now: 0, tries: tries) == false)
        }
    }

    @Test func whatIsOlderThanTheWindowDoesNotCount() {
        var breaker = CircuitBreaker(Self.configuration)
        for index in 1..<10 { _ = breaker.failed(now: 0, tries: UInt64(index)) }
        #expect(breaker.failed(now: 10_000, tries: 10) == false)
        // A million good ones before the window weigh nothing either.
        for index in 1..<10 { #expect(breaker.failed(now: 30_000, tries: 1_000_000 + UInt64(index)) == false) }
        #expect(breaker.failed(now: 30_000, tries: 1_000_010) == true)
    }

    @Test func oneProbeFindsOut() {
        var breaker = Self.opened()
        #expect(breaker.admit(now: 0) == .refused(for: 5_000))
        #expect(breaker.admit(now: 4_999) == .refused(for: 1))
        #expect(breaker.admit(now: 5_000) == .probe)
        #expect(breaker.admit(now: 5_001) == .refused(for: 4_999))
        breaker.probeEnded(succeeded: false, now: 6_000)
        #expect(breaker.admit(now: 10_999) == .refused(for: 1))
        #expect(breaker.admit(now: 11_000) == .probe)
        breaker.probeEnded(succeeded: true, now: 11_100)
        #expect(breaker.admit(now: 11_100) == .passed)
        #expect(breaker.failed(now: 11_100, tries: 11) == false, "begins anew")
    }

    @Test func aProbeThatIsNeverHeardOfBlocksNobodyForEver() {
        var breaker = Self.opened()
        #expect(breaker.admit(now: 5_000) == .probe)
        #expect(breaker.admit(now: 10_000) == .probe)
        breaker.probeEnded(succeeded: nil, now: 10_001)
        #expect(breaker.admit(now: 10_001) == .probe)
    }

    @Test func offMeansOff() {
        var breaker = CircuitBreaker(BreakerConfiguration(errorPercent: 0))
        for index in 1...1_000 { #expect(breaker.failed(now: 0, tries: UInt64(index)) == false) }
    }

    @Test func randomHistoriesNeverLetTwoProbesRunAtOnce() {
        var random = TestSeed.generator()
        for _ in 0..<200 {
            var breaker = CircuitBreaker(Self.configuration)
            var (now, tries, probeSince) = (UInt64(0), UInt64(0), UInt64?.none)
            for _ in 0..<300 {
                now += UInt64.random(in: 0...700, using: &random)
                switch breaker.admit(now: now) {
                case .passed:
                    #expect(breaker.state == .closed)
                    tries += 1
                    if Bool.random(using: &random) { _ = breaker.failed(now: now, tries: tries) }
                case .probe:
                    if let probeSince { #expect(now >= probeSince + Self.configuration.open) }
                    probeSince = now
                case .refused(let time): #expect((1...Self.configuration.open).contains(time))
                }
                if probeSince != nil, Int.random(in: 0..<3, using: &random) == 0 {
                    breaker.probeEnded(succeeded: Bool.random(using: &random), now: now)
                    probeSince = nil
                }
            }
        }
    }
}
