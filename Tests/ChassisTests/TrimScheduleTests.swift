import Testing

@testable import Chassis

@Suite struct TrimScheduleTests {
    @Test func itIsDueOnceManyHaveComeToRestAndNoMoreCome() {
        var schedule = TrimSchedule()
        let answers = [0, 900, 2_000, 5_000, 5_050, 5_060, 5_060].map { schedule.isDue(resting: $0) }
        #expect(answers == [false, false, false, false, true, false, false])
    }

    @Test func fewAreNotWorthIt() {
        var schedule = TrimSchedule()
        #expect(![999, 999, 999].contains { schedule.isDue(resting: $0) })
    }

    @Test func itIsDueAgainAfterThoseHaveLeftAndAsManyHaveCome() {
        var schedule = TrimSchedule()
        let answers = [3_000, 3_000, 100, 100, 1_050, 1_050, 1_100, 1_100].map { schedule.isDue(resting: $0) }
        #expect(answers == [false, true, false, false, false, false, true, false])
    }
}
