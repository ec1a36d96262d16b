import TestSupport
import Testing

@testable import UserService

@Suite struct HashAdmissionTests {
    @Test func shedsWhatWouldWaitTooLong() {
        var admission = HashAdmission(width: 2, longestWait: 1_000, expectedCost: 500)
        // Two run; two rounds of two may wait 500 and 1,000.
        for _ in 0..<6 { #expect(admission.admit() == .admitted) }
        #expect(admission.admit() == .shed(retryAfter: 1_000))
        #expect(admission.pending == 6 && admission.shed == 1)
        admission.finished(cost: 500)
        #expect(admission.admit() == .admitted)
    }

    @Test func learnsWhatAHashCosts() {
        var admission = HashAdmission(width: 1, longestWait: 1_000, expectedCost: 10)
        for _ in 0..<100 {
            #expect(admission.admit() == .admitted)
            admission.finished(cost: 2_000)
        }
        #expect((1_900...2_000).contains(admission.meanCost))
        #expect(admission.admit() == .admitted)
        #expect(admission.admit() != .admitted)
    }

    @Test func whatNeverBeganTeachesNothing() {
        var admission = HashAdmission(width: 1, longestWait: 1_000, expectedCost: 100)
        #expect(admission.admit() == .admitted)
        admission.finished(cost: nil)
        #expect((admission.meanCost, admission.pending) == (100, 0))
    }

    @Test func neverAcceptsWorkBeyondItsBounds() {
        var random = SeededGenerator.announced()
        for _ in 0..<200 {
            let width = Int.random(in: 1...8, using: &random)
            var admission = HashAdmission(width: width, longestWait: 10_000, expectedCost: 1_000)
            for _ in 0..<200 {
                if admission.pending > 0, random.chance(0.4) {
                    admission.finished(cost: random.chance(0.1) ? nil : .random(in: 500...4_000, using: &random))
                    continue
                }
                let (ahead, mean) = (admission.pending, admission.meanCost)
                let rounds = ahead < width ? 0 : (ahead - width) / width + 1
                let fits = UInt64(rounds) * mean <= 10_000
                #expect((admission.admit() == .admitted) == fits)
            }
        }
    }
}
