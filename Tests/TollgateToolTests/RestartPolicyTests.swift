import TestSupport
import Testing

@testable import TollgateTool

@Suite struct RestartPolicyTests {
    @Test func delaysGrowAndTheFifthDeathIsTheLast() {
        var policy = RestartPolicy()
        let decisions = (0..<5).map { policy.recordDeath(at: UInt64($0) * 1000) }
        #expect(
            decisions == [
                .restart(afterMilliseconds: 100), .restart(afterMilliseconds: 200), .restart(afterMilliseconds: 400),
                .restart(afterMilliseconds: 800), .giveUp(deaths: 5),
            ])
    }

    @Test func deathsOutsideTheWindowAreForgotten() {
        var policy = RestartPolicy()
        for step in 0..<100 {
            #expect(policy.recordDeath(at: UInt64(step) * RestartPolicy.window) == .restart(afterMilliseconds: 100))
        }
    }

    /// Whatever the times of death: given up exactly when five lie inside one window.
    @Test func randomDeathsAgreeWithCounting() {
        var random = SeededGenerator.announced()
        for _ in 0..<200 {
            var policy = RestartPolicy()
            var deaths: [UInt64] = []
            var now: UInt64 = 0
            for _ in 0..<50 {
                now += UInt64.random(in: 0...20_000, using: &random)
                deaths.append(now)
                let inWindow = deaths.count { now - $0 < RestartPolicy.window }
                let decision = policy.recordDeath(at: now)
                if case .giveUp(let counted) = decision {
                    #expect(counted == inWindow)
                    #expect(inWindow >= RestartPolicy.maximumDeaths)
                    break
                }
                #expect(inWindow < RestartPolicy.maximumDeaths)
            }
        }
    }
}
