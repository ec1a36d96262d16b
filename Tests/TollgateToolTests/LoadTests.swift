import Chassis
import Foundation
import TestSupport
import Testing

@testable import TollgateTool

@Suite struct LoadTests {
    // MARK: - What is asked for

    @Test func readsMixes() throws {
        let mix = try #require(LoadMix("read=3,pay=1"))
        #expect(mix.operations == [.read, .pay])
        #expect(mix == LoadMix([.read: 3, .pay: 1]))
        #expect(LoadMix("sign-up=1,read=0")?.operations == [.signUp])
    }

    @Test(arguments: [
        "", "read", "read=", "read=-1", "read=1.5", "read=1,read=2", "dance=1", "read=0", "read=1,", "=1",
    ])
    func refusesOtherMixes(text: String) { #expect(LoadMix(text) == nil) }

    @Test func choosesByWeight() {
        var random = SeededGenerator.announced()
        let mix = LoadMix([.read: 70, .pay: 20, .login: 10])
        var counts: [LoadOperation: Int] = [:]
        for _ in 0..<20_000 { counts[mix.choose(using: &random), default: 0] += 1 }
        for (operation, share) in [(LoadOperation.read, 0.7), (.pay, 0.2), (.login, 0.1)] {
            #expect(abs(Double(counts[operation] ?? 0) / 20_000 - share) < 0.02)
        }
        #expect(counts.keys.count == 3)
    }

    @Test func readsTimesAndShares() {
        #expect(LoadThresholds.milliseconds("50ms") == 50)
        #expect(LoadThresholds.milliseconds("1.5s") == 1_500)
        #expect(LoadThresholds.milliseconds("50") == nil)
        #expect(LoadThresholds.seconds("2m") == 120)
        #expect(LoadThresholds.seconds("2d") == nil)
        #expect(LoadThresholds.seconds("") == nil)
        #expect(LoadThresholds.share("0.1%").map { Int(($0 * 10_000).rounded()) } == 10)
        #expect(LoadThresholds.share("0.1") == nil)
        #expect(LoadThresholds.share("101%") == nil)
        #expect(LoadThresholds.share("-1%") == nil)
    }

    // MARK: - What came of it

    private func summary(_ times: [UInt64], failed: Int = 0) -> LoadSummary {
        var summary = LoadSummary()
        for (index, time) in times.enumerated() {
            let isBad = index < failed
            summary.record(
                index.isMultiple(of: 2) ? .read : .pay, due: UInt64(index) * 100_000, took: time,
                status: isBad ? 503 : 200, failure: isBad ? "503 overloaded" : nil)
        }
        return summary
    }

    @Test func percentilesAreWithinAThousandth() {
        var random = SeededGenerator.announced()
        let times = (0..<5_000).map { _ in UInt64.random(in: 100...5_000_000, using: &random) }
        let sorted = times.sorted()
        let summary = summary(times)
        for percentile in [50.0, 90, 99, 99.9] {
            let exact = Double(sorted[max(0, Int((percentile / 100 * 5_000).rounded(.up)) - 1)])
            #expect(abs(Double(summary.total.value(at: percentile)) - exact) / exact < 0.002)
        }
        #expect(abs(Double(summary.total.maximum) - Double(sorted[4_999])) / Double(sorted[4_999]) < 0.002)
    }

    @Test func everyRequestIsCountedOnce() {
        let summary = summary(
            [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 11_000], failed: 2)
        #expect(summary.sent == 11)
        #expect(summary.failed == 2)
        #expect(summary.seconds.map(\.times.count) == [10, 1])
        #expect(summary.seconds.map(\.failed) == [2, 0])
        #expect(summary.statuses == [200: 9, 503: 2])
        #expect(summary.reasons == ["503 overloaded": 2])
        #expect(summary.operations[.read]?.times.count == 6)
        #expect(summary.operations[.pay]?.times.count == 5)
    }

    @Test func thresholdsAreKeptOrCrossed() {
        let summary = summary([UInt64](repeating: 40_000, count: 99) + [90_000], failed: 1)
        #expect(LoadThresholds(p99: 50, errors: 0.01).crossed(by: summary).isEmpty)
        #expect(LoadThresholds(p99: 39).crossed(by: summary).first?.contains("above 39.0 ms") == true)
        #expect(LoadThresholds(errors: 0.005).crossed(by: summary) == ["1.00 % failed, above 0.50 %"])
        #expect(LoadThresholds().crossed(by: summary).isEmpty)
    }

    @Test func theReasonsOfFailuresAreBounded() {
        var summary = LoadSummary()
        for number in 0..<100 {
            summary.record(.read, due: 0, took: 1, status: 0, failure: "reason \(number)")
        }
        #expect(summary.reasons.count == 20)
        #expect(summary.failed == 100)
    }

    // MARK: - Text and page

    @Test func theSummaryHasATableAndAPlot() {
        let summary = summary([500, 1_000, 2_000, 1_500_000], failed: 1)
        let text = LoadText.lines(summary, rate: 4, seconds: 1).joined(separator: "\n")
        #expect(text.contains(#/read +2 +2\.0 +1 /#))
        #expect(text.contains(#/all +4 +4\.0 +1 .* 1\.50 s/#))
        #expect(text.contains(#/p50 +1\.00 ms  █+\n/#))
        #expect(text.contains(#/max +1\.50 s  █{50}\n/#))
        #expect(text.contains("answers: 200 3, 503 1\n  1 × 503 overloaded"))
    }

    @Test func anEmptySummaryIsNoMistake() {
        let empty = LoadSummary()
        #expect(LoadText.plot(empty.total).isEmpty)
        #expect(empty.errorShare == 0)
        #expect(LoadPage(summary: empty, conditions: [], verdicts: []).html.contains("</html>"))
    }

    @Test func theProgressFitsTheTerminal() {
        let summary = summary([1_000, 2_000])
        let line = LoadProgress.line(summary, elapsed: 1, of: 10, inFlight: 3, width: 200)
        #expect(line.contains("1 s of 10 s  2/s"))
        #expect(line.contains("3 under way  0 failed"))
        #expect(LoadProgress.line(summary, elapsed: 1, of: 10, inFlight: 3, width: 20).count == 20)
    }

    @Test func thePageStandsByItself() {
        let page = LoadPage(
            summary: summary((1...500).map { UInt64($0) * 100 }, failed: 3),
            conditions: [("gateway", "http://a/?x=1&y=<2>")], verdicts: [(true, "kept"), (false, "p99 <too> high")]
        ).html
        #expect(page.contains("http://a/?x=1&amp;y=&lt;2&gt;"))
        #expect(page.contains("p99 &lt;too&gt; high"))
        for outside in ["src=", "<script", "@import", "url("] { #expect(!page.contains(outside), "\(outside)") }
        #expect(page.components(separatedBy: "<svg").count == 4)
        #expect(!page.contains("nan") && !page.contains("inf,"))
    }

    @Test(arguments: [(0.0, 1.0), (0.7, 1), (1, 1), (1.1, 2), (4.2, 5), (51, 100), (0.03, 0.05)])
    func axesEndAtRoundNumbers(value: Double, top: Double) { #expect(abs(LoadChart.round(up: value) - top) < 1e-9) }

    // MARK: - People

    @Test func nobodyPaysThemselves() {
        let people = LoadPeople(random: SplitMix64(seed: 7))
        for number in 0..<3 { people.add(.init(email: "\(number)", account: "\(number)", token: "")) }
        for _ in 0..<1_000 {
            let (payer, payee) = people.pair()
            #expect(payer != payee && (0..<3).contains(payer) && (0..<3).contains(payee))
        }
    }

    @Test func noMoreIsGivenBackThanWasPaid() {
        let people = LoadPeople(random: SplitMix64(seed: 7))
        people.remember(.init(id: "a", payee: 1, left: 250))
        #expect(people.takeBack(100)?.id == "a")
        #expect(people.takeBack(100)?.id == "a")
        #expect(people.takeBack(100) == nil)
        #expect(people.takeBack(100) == nil)
    }

    @Test func aSeedRepeatsTheNumbers() {
        var (one, other) = (SplitMix64(seed: 42), SplitMix64(seed: 42))
        #expect((0..<10).map { _ in one.next() } == (0..<10).map { _ in other.next() })
        var third = SplitMix64(seed: 43)
        #expect(third.next() != SplitMix64(seed: 42).peek)
    }
}

extension SplitMix64 {
    fileprivate var peek: UInt64 {
        var copy = self
        return copy.next()
    }
}
