import TestSupport
import Testing

@testable import Gateway

/// An upstream with so many workers behind an ``AdmissionQueue``, in simulated milliseconds.
private struct OverloadModel {
    struct Outcome {
        var offered = 0
        var served = 0
        /// Served within what a client waits.
        var good = 0
        var longest: UInt64 = 0
    }

    let workers: Int
    let service: UInt64
    let patience: UInt64
    var queue: AdmissionQueue
    private(set) var outcomes = Priority.allCases.map { _ in Outcome() }
    private var inFlight = 0
    private var ends: [UInt64: Int] = [:]
    private var waiting: [AdmissionQueue.Ticket: (priority: Priority, came: UInt64, until: UInt64)] = [:]

    init(workers: Int, service: UInt64, patience: UInt64, queue: AdmissionQueue) {
        self.workers = workers
        self.service = service
        self.patience = patience
        self.queue = queue
    }

    mutating func step(now: UInt64, arrivals: [Priority]) {
        inFlight -= ends.removeValue(forKey: now) ?? 0
        for (ticket, entry) in waiting where entry.until <= now {
            if queue.leave(ticket, now: now) { waiting[ticket] = nil }
        }
        admit(now)
        for priority in arrivals {
            outcomes[priority.rawValue].offered += 1
            if inFlight < workers, queue.count == 0 {
                serve(priority, came: now, now)
            } else if case .wait(let ticket, let until, let evicted) = queue.enter(priority, now: now) {
                if let evicted { waiting[evicted] = nil }
                waiting[ticket] = (priority, now, until)
            }
        }
    }

    private mutating func admit(_ now: UInt64) {
        while inFlight < workers, queue.count > 0 {
            let (ticket, expired) = queue.turn(now: now)
            for one in expired { waiting[one] = nil }
            guard let ticket, let entry = waiting.removeValue(forKey: ticket) else { return }
            serve(entry.priority, came: entry.came, now)
        }
    }

    private mutating func serve(_ priority: Priority, came: UInt64, _ now: UInt64) {
        inFlight += 1
        ends[now + service, default: 0] += 1
        let total = now + service - came
        outcomes[priority.rawValue].served += 1
        outcomes[priority.rawValue].longest = max(outcomes[priority.rawValue].longest, total)
        if total <= patience { outcomes[priority.rawValue].good += 1 }
    }
}

@Suite struct OverloadTests {
    /// 10 workers of 20 ms serve 500 a second. `load` times as many come, a fifth of them of the class `high`.
    private func run(load: Double, time: UInt64 = 100, patience: UInt64 = 250) -> [OverloadModel.Outcome] {
        var random = TestSeed.generator()
        let service: UInt64 = 20
        var model = OverloadModel(
            workers: 10, service: service, patience: patience, queue: AdmissionQueue(capacity: 100, time: time))
        for now in 0..<UInt64(20_000) {
            var arrivals: [Priority] = []
            // A binomial approximation of a Poisson stream.
            for _ in 0..<20 where Double.random(in: 0..<1, using: &random) < load * 0.5 / 20 {
                let draw = Int.random(in: 0..<10, using: &random)
                arrivals.append(draw < 2 ? .high : draw < 7 ? .normal : .low)
            }
            model.step(now: now, arrivals: arrivals)
        }
        // Who still waits is served or expires: nobody is left uncounted.
        for now in 20_000..<20_000 + time + service + 1 { model.step(now: now, arrivals: []) }
        return model.outcomes
    }

    @Test(arguments: [1.2, 2, 5]) func goodputStaysUnderOverloadAndTheHighClassIsServedWhole(load: Double) {
        let outcomes = run(load: load)
        let good = outcomes.reduce(0) { $0 + $1.good }
        #expect(good >= 9_500, "\(outcomes)")
        if load <= 2 {
            let high = outcomes[Priority.high.rawValue]
            #expect(high.served == high.offered && high.good == high.offered, "\(high)")
            #expect(high.longest <= 40, "\(high)")
        }
    }

    @Test func whoIsServedHasWaitedLittle() {
        for outcome in run(load: 2) where outcome.served > 0 {
            #expect(outcome.longest <= 120)
            #expect(outcome.good == outcome.served)
        }
    }

    /// Far enough below for no burst to last as long as anybody may wait: at 0.7 one does now and then.
    @Test func belowTheLimitNobodyIsSentAway() {
        for outcome in run(load: 0.4) { #expect(outcome.served == outcome.offered) }
    }
}
