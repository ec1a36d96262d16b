import HTTP
import HTTPTypes
import TestSupport
import Testing

@testable import Chassis

/// What strikes which request, with time and chance handed in.
@Suite struct FaultTableTests {
    private func fault(
        _ effect: FaultEffect = .error(status: 503), id: String = "flt_1", route: String? = nil, percentage: Int = 100,
        end: UInt64 = 1_000
    ) -> ActiveFault {
        ActiveFault(
            id: id, specification: FaultSpecification(effect: effect, route: route, percentage: percentage), end: end)
    }

    @Test(
        arguments: [
            (nil, "/v1/accounts", true), (nil, nil, true), ("/v1/accounts", "/v1/accounts", true),
            ("/v1/accounts", "/v1/accounts/{id}", false), ("/v1/accounts", nil, false),
            ("/v1/accounts/{id}", "/v1/accounts/{id}", true), ("/v1/accounts*", "/v1/accounts/{id}", true),
            ("/v1/acc*", "/v1/users", false), ("/v1/*", nil, false), ("/api/*", "/api/*", true),
        ] as [(String?, String?, Bool)])
    func concernsItsRoute(pattern: String?, template: String?, expected: Bool) throws {
        var table = FaultTable()
        try table.add(fault(route: pattern))
        var random = SeededGenerator(seed: 1)
        let struck = table.strike(.error, route: template, now: 0, using: &random)
        #expect(struck.isEmpty != expected)
        #expect(table.faults[0].strikes == (expected ? 1 : 0))
    }

    @Test(arguments: [1, 5, 25, 50, 99])
    func strikesItsShare(percentage: Int) throws {
        var random = SeededGenerator(seed: UInt64(percentage))
        var table = FaultTable()
        try table.add(fault(percentage: percentage))
        let rounds = 20_000
        for _ in 0..<rounds { _ = table.strike(.error, route: "/", now: 0, using: &random) }
        // Six standard deviations are at most 424 of 20,000; the seed is fixed.
        let expected = rounds * percentage / 100
        #expect(abs(Int(table.faults[0].strikes) - expected) < 425)
    }

    @Test func aHundredPercentStrikeAlways() throws {
        var random = SeededGenerator.announced()
        var table = FaultTable()
        try table.add(fault())
        for _ in 0..<1_000 { #expect(!table.strike(.error, route: nil, now: 999, using: &random).isEmpty) }
    }

    @Test func endsByItself() throws {
        var random = SeededGenerator(seed: 1)
        var table = FaultTable()
        try table.add(fault(end: 1_000))
        try table.add(fault(.latency(FaultDelay(milliseconds: 5, jitter: 0)), id: "flt_2", end: 2_000))
        #expect(table.kinds == [.error, .latency])
        #expect(table.expire(now: 999).isEmpty)
        // Over is over, be it swept or not.
        #expect(table.strike([.error, .latency], route: nil, now: 1_000, using: &random).map(\.id) == ["flt_2"])
        #expect(table.expire(now: 1_000).map(\.id) == ["flt_1"])
        #expect(table.kinds == [.latency])
        #expect(table.expire(now: 5_000).map(\.id) == ["flt_2"])
        #expect(table.kinds == [])
    }

    @Test func onlyTheKindsAskedFor() throws {
        var random = SeededGenerator(seed: 1)
        var table = FaultTable()
        try table.add(fault(.error(status: 500)))
        try table.add(fault(.drop(.before), id: "flt_2"))
        #expect(table.strike(.drop, route: nil, now: 0, using: &random).map(\.id) == ["flt_2"])
        #expect(table.strike(.fullQueue, route: nil, now: 0, using: &random).isEmpty)
    }

    @Test func slowsOneUpstream() throws {
        var random = SeededGenerator(seed: 1)
        var table = FaultTable()
        let slow = FaultEffect.slowDownstream(
            upstream: "payments", FaultDelay(milliseconds: 1, jitter: 0), bytesPerSecond: nil)
        try table.add(fault(slow))
        #expect(table.strike(.slowDownstream, route: nil, upstream: "users", now: 0, using: &random).isEmpty)
        #expect(table.strike(.slowDownstream, route: nil, upstream: "payments", now: 0, using: &random).count == 1)
    }

    @Test(arguments: FaultKind.allCases) func holdsABoundedNumber(of kind: FaultKind) throws {
        let effect: FaultEffect =
            switch kind {
            case .latency: .latency(FaultDelay(milliseconds: 1, jitter: 0))
            case .error: .error(status: 500)
            case .drop: .drop(.after)
            case .slowDownstream:
                .slowDownstream(upstream: "a", FaultDelay(milliseconds: 1, jitter: 0), bytesPerSecond: nil)
            case .blockedDatabase: .blockedDatabase
            case .fullQueue: .fullQueue
            case .memoryGrowth: .memoryGrowth(rate: 1, ceiling: 1)
            case .crash: .crash
            case .clockSkew: .clockSkew(seconds: 60)
            }
        let most = FaultTable.single.contains(kind) ? 1 : FaultTable.capacity
        var table = FaultTable()
        for number in 0..<most { try table.add(fault(effect, id: "flt_\(number)")) }
        #expect(table.count(of: kind) == most)
        #expect { try table.add(fault(effect, id: "one more")) } throws: { ($0 as? Problem)?.status == .conflict }
        #expect(table.remove("flt_0")?.kind == kind)
        #expect(table.remove("flt_0") == nil)
        try table.add(fault(effect, id: "now there is room"))
        #expect(table.removeAll().count == most)
        #expect(table.kinds == [])
    }

    @Test func skewIsWhatTheClockIsOffBy() throws {
        var table = FaultTable()
        #expect(table.skew == 0)
        try table.add(fault(.clockSkew(seconds: -90)))
        #expect(table.skew == -90_000)
        _ = table.removeAll()
        #expect(table.skew == 0)
    }

    @Test func jitterStaysWithinItsBounds() {
        var random = SeededGenerator.announced()
        let delay = FaultDelay(milliseconds: 100, jitter: 50)
        let drawn = (0..<1_000).map { _ in delay.drawn(using: &random) }
        #expect(drawn.allSatisfy { (100...150).contains($0) })
        #expect(Set(drawn).count > 10)
        #expect(FaultDelay(milliseconds: 7, jitter: 0).drawn(using: &random) == 7)
    }
}
