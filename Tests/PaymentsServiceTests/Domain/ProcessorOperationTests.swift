import TestSupport
import Testing

@testable import PaymentsService

@Suite struct ProcessorOperationTests {
    private func operation(_ status: ProcessorOperation.Status, attempts: Int = 0) -> ProcessorOperation {
        ProcessorOperation(
            id: "dep_1", kind: .deposit, owner: "usr_1", status: status, account: "acct_1", amount: 5, currency: "USD",
            instrument: "card_ok", failure: status == .failed ? "x" : nil, transfer: "trf_1", attempts: attempts,
            occurrence: Occurrence(requestID: "r", traceID: "t"), createdAt: 0)
    }

    @Test func aDefiniteAnswerEndsIt() {
        #expect(operation(.processing).action(on: .succeeded) == .post)
        #expect(operation(.processing).action(on: .declined(reason: "no")) == .void(reason: "no"))
    }

    @Test("Neither a slow nor a lost answer voids", arguments: [ProcessorOutcome.pending, .unknown])
    func openAnswersAskAgain(outcome: ProcessorOutcome) {
        #expect(operation(.processing).action(on: outcome) == .askAgain(afterMilliseconds: 250))
    }

    @Test(
        "What is final stays as it is",
        arguments: [ProcessorOperation.Status.succeeded, .failed],
        [ProcessorOutcome.succeeded, .declined(reason: "late"), .pending, .unknown])
    func finalIsFinal(status: ProcessorOperation.Status, outcome: ProcessorOutcome) {
        #expect(operation(status).action(on: outcome) == nil)
    }

    @Test func delaysDoubleUpToABound() {
        #expect(
            (1...9).map(ProcessorOperation.delay(afterAttempts:)) == [
                250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000,
            ])
        #expect(ProcessorOperation.delay(afterAttempts: .max) == 30_000)
        #expect(ProcessorOperation.delay(afterAttempts: 0) == 250)
    }

    @Test("The processor's key never changes: it is what makes a second try safe")
    func keyIsStable() {
        #expect(operation(.processing).order.key == operation(.processing, attempts: 7).order.key)
    }
}
