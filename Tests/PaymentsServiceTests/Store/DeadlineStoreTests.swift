import Chassis
import HTTP
import Testing

@testable import PaymentsService

/// A payment or deposit whose turn comes when nobody waits for it any longer is not begun.
@Suite struct DeadlineStoreTests {
    private static func late(_ request: KeyedRequest) -> KeyedRequest {
        var request = request
        request.deadline = Deadline(at: 1)
        return request
    }

    @Test func nothingIsPaidAndTheKeyIsFree() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob")
        let order = PaymentOrder(from: ann, to: bob, 10)
        let request = bank.request(by: "ann", "k")
        await #expect(throws: Problem.deadlineExceeded) {
            try await bank.store.pay(order, to: .account(bob), for: Self.late(request))
        }
        #expect(try await bank.count("payments") == 0)
        #expect(try await bank.balance(bob, of: "bob").posted == 0)
        #expect(try await bank.store.pay(order, to: .account(bob), for: request).status == 201)
        #expect(try await bank.store.pay(order, to: .account(bob), for: Self.late(request)).status == 201, "a replay")
        #expect(try await bank.count("payments") == 1)
        try await bank.expectBalanced()
    }

    @Test func noDepositIsStarted() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann")
        let order = OperationOrder(kind: .deposit, account: ann, amount: 10, instrument: "card_ok")
        await #expect(throws: Problem.deadlineExceeded) {
            try await bank.store.start(order, for: Self.late(bank.request(by: "ann", "k")))
        }
        #expect(try await bank.count("processor_operations") == 0)
    }
}
