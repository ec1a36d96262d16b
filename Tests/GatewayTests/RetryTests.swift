import Testing

@testable import Gateway

@Suite struct RetryTests {
    private static let configuration = RetryConfiguration(
        attempts: 2, backoff: 20, maximumBackoff: 30, budgetPercent: 20, minimumPerSecond: 2)

    private func schedule(replayable: Bool = true, deadline: UInt64 = 10_000) -> RetrySchedule {
        RetrySchedule(configuration: Self.configuration, isReplayable: replayable, deadline: deadline)
    }

    @Test(arguments: [
        RetrySchedule.Outcome.status(502), .status(503), .status(504), .lost, .timedOut,
    ])
    func replayableRequestsAreTriedAgainAFewTimes(outcome: RetrySchedule.Outcome) {
        var schedule = schedule()
        var ceilings: [UInt64] = []
        for _ in 0..<2 {
            let action = schedule.next(
                after: outcome, now: 0, hasAnother: false,
                random: { ceiling in
                    ceilings.append(ceiling)
                    return ceiling
                }, withdraw: { true })
            #expect(action == .retry(after: ceilings.last ?? 0))
        }
        #expect(ceilings == [20, 30])
        #expect(schedule.next(after: outcome, now: 0, hasAnother: false, random: { $0 }, withdraw: { true }) == .finish)
    }

    @Test(arguments: [RetrySchedule.Outcome.status(200), .status(500), .status(404), .status(429), .failed])
    func finalOutcomesAreFinal(outcome: RetrySchedule.Outcome) {
        var schedule = schedule()
        #expect(schedule.next(after: outcome, now: 0, hasAnother: false, random: { $0 }, withdraw: { true }) == .finish)
    }

    @Test(arguments: [RetrySchedule.Outcome.status(503), .lost, .timedOut, .notConnected])
    func aRequestThatMayNotBeRepeatedIsNotRepeated(outcome: RetrySchedule.Outcome) {
        var schedule = schedule(replayable: false)
        #expect(schedule.next(after: outcome, now: 0, hasAnother: false, random: { $0 }, withdraw: { true }) == .finish)
    }

    /// Somebody else's operation in progress is the client's to know, our own is asked for again: also when it was the
    /// HTTP client that sent it twice.
    @Test(arguments: [true, false]) func whatIsInProgressIsAskedForAgainWhenItIsOurs(wasReplayed: Bool) {
        var schedule = schedule()
        schedule.wasReplayed = wasReplayed
        let action = schedule.next(
            after: .inProgress, now: 0, hasAnother: false, random: { $0 }, withdraw: { true })
        #expect(action == (wasReplayed ? .retry(after: 30) : .finish))
    }

    @Test func aMissingConnectionCostsNeitherTriesNorBudget() {
        var schedule = schedule()
        for _ in 0..<100 {
            let action = schedule.next(
                after: .notConnected, now: 1, hasAnother: false, random: { $0 },
                withdraw: {
                    Issue.record("asked for budget")
                    return true
                })
            #expect(action == .waitForAddress)
        }
        #expect(schedule.retries == 0)
    }

    @Test func theDeadlineEndsEverything() {
        var schedule = schedule(deadline: 100)
        #expect(schedule.next(after: .lost, now: 90, hasAnother: false, random: { $0 }, withdraw: { true }) == .finish)
        #expect(
            schedule.next(after: .notConnected, now: 100, hasAnother: false, random: { $0 }, withdraw: { true })
                == .finish)
    }

    @Test func withoutBudgetThereIsNoRetry() {
        var schedule = schedule()
        #expect(schedule.next(after: .lost, now: 0, hasAnother: false, random: { $0 }, withdraw: { false }) == .finish)
    }

    // MARK: - Budget

    @Test func aQuietUpstreamHasTheMinimum() {
        var budget = RetryBudget(percent: 20, minimumPerSecond: 2, now: 0)
        #expect((0..<5).filter { _ in budget.withdraw(requests: 0, now: 0) }.count == 2)
        #expect((0..<5).filter { _ in budget.withdraw(requests: 0, now: 500) }.count == 1)
        #expect((0..<5).filter { _ in budget.withdraw(requests: 0, now: 60_000) }.count == 2)
    }

    @Test func aFailingUpstreamIsAskedAFifthMoreOften() {
        var budget = RetryBudget(percent: 20, minimumPerSecond: 0, now: 0)
        var requests: UInt64 = 0
        var retries = 0
        for step in 0..<10_000 {
            requests += 1
            if budget.withdraw(requests: requests, now: UInt64(step)) { retries += 1 }
        }
        #expect(retries == 2_000)
    }

    @Test func aBusyHourIsNotSavedUp() {
        var budget = RetryBudget(percent: 20, minimumPerSecond: 0, now: 0)
        let retries = (0..<100_000).filter { _ in budget.withdraw(requests: 1_000_000, now: 0) }.count
        #expect(retries == 200)
    }

    @Test func randomHistoriesNeverExceedShareAndMinimum() {
        var random = TestSeed.generator()
        for _ in 0..<200 {
            let percent = Int.random(in: 0...100, using: &random)
            let minimum = Int.random(in: 0...20, using: &random)
            var budget = RetryBudget(percent: percent, minimumPerSecond: minimum, now: 0)
            var (requests, now, retries) = (UInt64(0), UInt64(0), 0)
            for _ in 0..<500 {
                requests += UInt64.random(in: 0...3, using: &random)
                now += UInt64.random(in: 0...50, using: &random)
                if budget.withdraw(requests: requests, now: now) { retries += 1 }
            }
            #expect(retries <= Int(requests) * percent / 100 + minimum * Int(now) / 1_000 + minimum + 2)
        }
    }
}
