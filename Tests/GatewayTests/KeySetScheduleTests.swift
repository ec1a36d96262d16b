import Testing

@testable import Gateway

@Suite struct KeySetScheduleTests {
    private func warm() -> KeySetSchedule {
        var schedule = KeySetSchedule(coolDown: 30_000, refresh: 300_000)
        #expect(schedule.tick(now: 0) == .fetch)
        schedule.finished(succeeded: true)
        return schedule
    }

    @Test func oneFetchAtATime() {
        var schedule = warm()
        #expect(schedule.unknownKey(now: 30_000) == .fetch)
        #expect(schedule.unknownKey(now: 30_001) == .join)
        #expect(schedule.tick(now: 400_000) == .join)
        schedule.finished(succeeded: true)
        #expect(schedule.unknownKey(now: 30_002) == .coolingDown)
    }

    @Test func theCoolDownBeginsWithTheAttemptWhateverBecomesOfIt() {
        for succeeded in [true, false] {
            var schedule = warm()
            #expect(schedule.unknownKey(now: 30_000) == .fetch)
            schedule.finished(succeeded: succeeded)
            #expect(schedule.unknownKey(now: 59_999) == .coolingDown)
            #expect(schedule.unknownKey(now: 60_000) == .fetch)
        }
    }

    @Test func theSetIsRefreshedAnyway() {
        var schedule = warm()
        #expect(schedule.tick(now: 299_999) == .coolingDown)
        #expect(schedule.tick(now: 300_000) == .fetch)
    }

    @Test func beforeTheFirstSetThePausesAreShortAndGrow() {
        var schedule = KeySetSchedule(coolDown: 30_000, refresh: 300_000)
        var now: UInt64 = 0
        var pauses: [UInt64] = []
        var latest: UInt64 = 0
        while pauses.count < 8 {
            if schedule.tick(now: now) == .fetch {
                pauses.append(now - latest)
                latest = now
                schedule.finished(succeeded: false)
            }
            now += 100
        }
        #expect(pauses == [0, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
    }

    @Test func aFloodOfUnknownKeysCausesOneFetchPerCoolDown() {
        var random = TestSeed.generator()
        var schedule = warm()
        var now: UInt64 = 30_000
        let start = now
        var fetches = 0
        while now < start + 300_000 {
            if schedule.unknownKey(now: now) == .fetch {
                fetches += 1
                schedule.finished(succeeded: Bool.random(using: &random))
            }
            now += UInt64.random(in: 0...20, using: &random)
        }
        #expect(fetches <= 10)
    }
}
