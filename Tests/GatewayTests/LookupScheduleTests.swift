import TestSupport
import Testing

@testable import Gateway

@Suite struct LookupScheduleTests {
    private func hash(_ number: Int) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }

    private func expect(
        _ expected: LookupSchedule.Action, _ action: LookupSchedule.Action,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(action == expected, sourceLocation: sourceLocation)
    }

    @Test func aKeyIsAskedForOnceAtATime() {
        var schedule = LookupSchedule(perSecond: 10, unknownFor: 5_000)
        expect(.fetch, schedule.request(hash(1), now: 0))
        expect(.join, schedule.request(hash(1), now: 0))
        expect(.fetch, schedule.request(hash(2), now: 0))
        schedule.finished(hash(1), isUnknown: false, now: 10)
        expect(.fetch, schedule.request(hash(1), now: 10))
    }

    @Test func whatDoesNotExistIsRememberedForAWhile() {
        var schedule = LookupSchedule(perSecond: 10, unknownFor: 5_000)
        _ = schedule.request(hash(1), now: 0)
        schedule.finished(hash(1), isUnknown: true, now: 100)
        expect(.unknown, schedule.request(hash(1), now: 5_099))
        expect(.fetch, schedule.request(hash(1), now: 5_100))
    }

    @Test func aKeyThatWasMadeJustNowIsNotUnknown() {
        var schedule = LookupSchedule(perSecond: 10, unknownFor: 5_000)
        _ = schedule.request(hash(1), now: 0)
        schedule.finished(hash(1), isUnknown: true, now: 0)
        schedule.exists(hash(1))
        expect(.fetch, schedule.request(hash(1), now: 1))
    }

    /// Ten thousand made-up keys a second, for a minute: so many are asked for and no more, and memory stays small.
    @Test func aFloodEndsHere() {
        var random = SeededGenerator.announced()
        var schedule = LookupSchedule(perSecond: 50, unknownFor: 5_000)
        var asked: [[UInt8]] = []
        var fetches = 0
        for tick in 0..<60_000 {
            for _ in 0..<10 {
                let key = hash(Int.random(in: 0..<1_000_000_000, using: &random))
                if schedule.request(key, now: UInt64(tick)) == .fetch { asked.append(key) }
            }
            if tick % 7 == 0 {
                for key in asked { schedule.finished(key, isUnknown: true, now: UInt64(tick)) }
                fetches += asked.count
                asked = []
            }
            #expect(schedule.unknownCount <= 50 * 6 + 50)
        }
        #expect(fetches <= 60 * 50 + 50 && fetches > 59 * 49)
    }
}
