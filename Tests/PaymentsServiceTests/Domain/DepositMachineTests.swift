import TestSupport
import Testing

@testable import PaymentsService

@Suite struct DepositMachineTests {
    private func deposit(_ status: Deposit.Status, attempts: Int = 0) -> Deposit {
        Deposit(
            id: "dep_1", owner: "usr_1", status: status, account: "acct_1", amount: 5, currency: "USD",
            source: "card_ok", failure: status == .failed ? "x" : nil, transfer: "trf_1", attempts: attempts,
            occurrence: Occurrence(requestID: "r", traceID: "t"), createdAt: 0)
    }

    @Test func aDefiniteAnswerEndsIt() {
        #expect(deposit(.processing).action(on: .succeeded) == .post)
        #expect(deposit(.processing).action(on: .declined(reason: "no")) == .void(reason: "no"))
    }

    @Test("Neither a slow nor a lost answer voids", arguments: [ChargeOutcome.pending, .unknown])
    func openAnswersAskAgain(outcome: ChargeOutcome) {
        #expect(deposit(.processing).action(on: outcome) == .askAgain(afterMilliseconds: 250))
    }

    @Test(
        "What is final stays as it is",
        arguments: [Deposit.Status.succeeded, .failed],
        [ChargeOutcome.succeeded, .declined(reason: "late"), .pending, .unknown])
    func finalIsFinal(status: Deposit.Status, outcome: ChargeOutcome) {
        #expect(deposit(status).action(on: outcome) == nil)
    }

    @Test func delaysDoubleUpToABound() {
        #expect((1...9).map(Deposit.delay(afterAttempts:)) == [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000])
        #expect(Deposit.delay(afterAttempts: .max) == 30_000)
        #expect(Deposit.delay(afterAttempts: 0) == 250)
    }

    @Test("The processor's key never changes: it is what makes a second try safe")
    func keyIsStable() {
        #expect(deposit(.processing).processorKey == deposit(.processing, attempts: 7).processorKey)
    }
}
