import TestSupport
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

    // MARK: - Histories

    /// What a schedule is told at one moment, and what it did about it.
    private struct Step {
        var outcome: RetrySchedule.Outcome
        var now: UInt64
        var hasAnother: Bool
        var action: RetrySchedule.Action
        /// How often the budget was asked, and what it said.
        var withdrawals: [Bool]
    }

    private static let outcomes: [RetrySchedule.Outcome] = [
        .status(200), .status(409), .status(500), .status(502), .status(503), .status(504), .notConnected, .lost,
        .timedOut, .inProgress, .failed,
    ]

    /// One step of `schedule` at `now` after a random outcome.
    private static func step(
        _ schedule: inout RetrySchedule, now: UInt64, random: inout SeededGenerator, withdraw: () -> Bool
    ) -> Step {
        let outcome = outcomes.randomElement(using: &random) ?? .failed
        let hasAnother = random.chance(0.3)
        let share = Double.random(in: 0...1, using: &random)
        var withdrawals: [Bool] = []
        let action = schedule.next(
            after: outcome, now: now, hasAnother: hasAnother, random: { UInt64(Double($0) * share) },
            withdraw: {
                withdrawals.append(withdraw())
                return withdrawals.last ?? false
            })
        return Step(outcome: outcome, now: now, hasAnother: hasAnother, action: action, withdrawals: withdrawals)
    }

    /// Whatever happens, in whatever order: nothing is repeated that may not be, late, too often or without budget.
    @Test func randomHistoriesOfARequestKeepTheRules() {
        var random = TestSeed.generator()
        for _ in 0..<1_000 {
            let configuration = RetryConfiguration(
                attempts: .random(in: 0...5, using: &random), backoff: .random(in: 1...50, using: &random),
                maximumBackoff: .random(in: 50...500, using: &random), budgetPercent: 20, minimumPerSecond: 2)
            let isReplayable = random.chance(0.8)
            let deadline = UInt64.random(in: 1...20_000, using: &random)
            var schedule = RetrySchedule(configuration: configuration, isReplayable: isReplayable, deadline: deadline)
            var (now, failures) = (UInt64(0), 0)
            for _ in 0..<100 {
                now += .random(in: 0...100, using: &random)
                let before = schedule
                let hasBudget = random.chance(0.9)
                let step = Self.step(&schedule, now: now, random: &random, withdraw: { hasBudget })
                Self.expectRules(step, before, schedule)
                if case .retry(let delay) = step.action {
                    now += delay
                    if step.outcome != .inProgress { failures += 1 }
                }
                if step.action == .finish { break }
            }
            #expect(failures <= configuration.attempts)
            #expect(schedule.retries <= max(configuration.attempts, 50))
        }
    }

    private static func expectRules(_ step: Step, _ before: RetrySchedule, _ after: RetrySchedule) {
        let configuration = before.configuration
        #expect(step.withdrawals.count <= 1, "\(step)")
        #expect(after.retries == before.retries + (step.withdrawals == [true] ? 1 : 0), "\(step)")
        if step.now >= before.deadline { #expect(step.action == .finish, "\(step)") }
        switch step.action {
        case .finish: break
        case .elsewhere:
            #expect(step.outcome == .notConnected && step.hasAnother && step.withdrawals.isEmpty, "\(step)")
        case .waitForAddress:
            #expect(step.outcome == .notConnected && !step.hasAnother && step.withdrawals.isEmpty, "\(step)")
            #expect(before.isReplayable, "\(step)")
        case .retry(let delay):
            #expect(before.isReplayable && step.withdrawals == [true], "\(step)")
            #expect(step.now + delay < before.deadline && delay <= configuration.maximumBackoff, "\(step)")
            switch step.outcome {
            case .status(let status): #expect([502, 503, 504].contains(status), "\(step)")
            case .inProgress: #expect(before.retries > 0 || before.wasReplayed, "\(step)")
            case .lost, .timedOut: break
            case .notConnected, .failed: Issue.record("\(step)")
            }
            guard step.outcome != .inProgress else { break }
            #expect(delay <= configuration.backoff << UInt64(before.retries), "\(step)")
        }
    }

    /// Many requests that all fail share one budget: together they ask the upstream hardly more often than it allows.
    @Test func randomCrowdsOfFailingRequestsStayWithinTheBudget() {
        var random = TestSeed.generator()
        for _ in 0..<20 {
            let configuration = RetryConfiguration(
                attempts: .random(in: 1...5, using: &random), backoff: 10, maximumBackoff: 100,
                budgetPercent: .random(in: 0...100, using: &random),
                minimumPerSecond: .random(in: 0...10, using: &random))
            var budget = RetryBudget(
                percent: configuration.budgetPercent, minimumPerSecond: configuration.minimumPerSecond, now: 0)
            var (now, requests, retries) = (UInt64(0), UInt64(0), 0)
            for _ in 0..<1_000 {
                now += .random(in: 0...30, using: &random)
                requests += 1
                var schedule = RetrySchedule(configuration: configuration, isReplayable: true, deadline: now + 10_000)
                let count = requests
                while case .retry = schedule.next(
                    after: .status(503), now: now, hasAnother: false, random: { $0 },
                    withdraw: { budget.withdraw(requests: count, now: now) })
                {}
                retries += schedule.retries
            }
            let minimum = configuration.minimumPerSecond
            let allowed = Int(requests) * configuration.budgetPercent / 100 + minimum * Int(now) / 1_000 + minimum
            #expect(retries <= allowed + 1, "\(configuration)")
        }
    }
}
