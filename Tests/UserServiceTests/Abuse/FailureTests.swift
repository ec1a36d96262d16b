import TestSupport
import Testing

@testable import UserService

@Suite struct FailureTests {
    private static let second: UInt64 = 1_000_000_000
    private let policy = FailureDelay(free: 3, first: second, longest: 60 * second, memory: 3_600 * second)

    @Test func theDelayDoublesUpToItsLongest() {
        let delays = (0...12).map { policy.delay(after: $0) / Self.second }
        #expect(delays == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(policy.delay(after: .max) == policy.longest)
    }

    @Test func mistypingIsFreeAndGuessingIsNot() {
        var record = FailureRecord()
        let start = 1_000 * Self.second
        for _ in 0..<3 { #expect(record.begin(policy, now: start) == nil) }
        #expect(record.begin(policy, now: start) == nil)
        #expect(record.begin(policy, now: start) == Self.second)
        // A refusal changes nothing: knocking does not make it worse.
        for _ in 0..<100 { #expect(record.begin(policy, now: start) == Self.second) }
        #expect(record.begin(policy, now: start + Self.second) == nil)
        #expect(record.begin(policy, now: start + Self.second) == 2 * Self.second)
    }

    @Test func failuresAreForgottenAfterAPause() {
        var record = FailureRecord()
        for _ in 0..<4 { _ = record.begin(policy, now: Self.second) }
        #expect(record.failures == 4)
        #expect(record.begin(policy, now: Self.second + policy.memory) == nil)
        #expect(record.failures == 1)
    }

    /// Whatever comes in whatever order: between two attempts beyond the free ones lies at least the delay that was due.
    @Test func noOrderOfEventsGetsAroundTheDelay() {
        var random = SeededGenerator.announced()
        for _ in 0..<200 {
            var record = FailureRecord()
            var now = 10 * Self.second
            var begun: [UInt64] = []
            for _ in 0..<60 {
                now += UInt64.random(in: 0...(20 * Self.second), using: &random)
                let expected = record
                if let wait = record.begin(policy, now: now) {
                    #expect(wait > 0 && wait <= policy.longest && record == expected)
                    continue
                }
                begun.append(now)
                if begun.count > 3 {
                    let due = policy.delay(after: UInt64(begun.count - 1))
                    #expect(now - begun[begun.count - 2] >= due)
                }
            }
        }
    }

    @Test func whatIsTakenBackNeverWas() {
        var (record, other) = (FailureRecord(), FailureRecord())
        for _ in 0..<5 {
            _ = record.begin(policy, now: Self.second)
            record.takeBack(policy)
        }
        #expect(record.failures == 0 && record.begin(policy, now: Self.second) == nil)
        for _ in 0..<4 { _ = other.begin(policy, now: Self.second) }
        other.takeBack(policy)
        #expect(other.begin(policy, now: Self.second) == nil)
    }

    @Test func aFloodOfNewKeysDoesNotPushOutWhoWaits() {
        var random = SeededGenerator.announced()
        var table = FailureTable(policy: policy, entries: 64)
        let victim = UInt64.random(in: 1...UInt64.max, using: &random)
        for _ in 0..<4 { _ = table.begin(victim, now: Self.second) }
        for _ in 0..<10_000 { _ = table.begin(UInt64.random(in: 1...UInt64.max, using: &random), now: Self.second) }
        #expect(table.begin(victim, now: Self.second) == Self.second)
        #expect(table.capacity == 64 && table.count(now: Self.second) <= 64)
        #expect(table.count(now: Self.second + policy.memory) == 0)
    }
}
