import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// A payment that cannot be made leaves the answer under its key, and no other trace.
@Suite struct NothingLeftTests {
    enum Act: String, CaseIterable {
        case payment, authorisation, batch, refund, withdrawal
    }

    @Test("402 leaves nothing but its key, and a retry not even that", arguments: Act.allCases)
    func paymentRequired(act: Act) async throws {
        // Limits and fees have rows of their own that must not stay.
        let rules = PaymentRules(
            fees: FeeSchedule(rules: ["USD": FeeRule(fixed: 1, basisPoints: 100)]),
            limits: DailyLimits(payments: 100, amounts: ["USD": 1_000_000]))
        let bank = try await StoreFixture(rules: rules)
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob", holding: 10)
        let paid = try await bank.store.pay(
            PaymentOrder(from: ann, to: bob, 60), to: .account(bob), for: bank.request(by: "ann", "paid"))
        _ = try await bank.store.pay(
            PaymentOrder(from: bob, to: ann, 60), to: .account(ann), for: bank.request(by: "bob", "spent"))
        let payment = try #require(paid.paymentID)
        let (before, keys) = (
            try await bank.dump(without: ["idempotency_keys"]), try await bank.count("idempotency_keys")
        )

        let first = try await attempt(act, bank, from: ann, to: bob, payment)
        #expect(first.status == 402, "\(first)")
        #expect(try await bank.dump(without: ["idempotency_keys"]) == before)
        #expect(try await bank.count("idempotency_keys") == keys + 1)

        let second = try await attempt(act, bank, from: ann, to: bob, payment)
        #expect(second.status == 402 && second.body == first.body)
        #expect(try await bank.dump(without: ["idempotency_keys"]) == before)
        #expect(try await bank.count("idempotency_keys") == keys + 1)
        let verification = try await bank.database.read { try Verification($0) }
        #expect(verification.isClean, "\(verification.broken)")
    }

    private func attempt(
        _ act: Act, _ bank: StoreFixture, from ann: String, to bob: String, _ payment: String
    ) async throws -> KeyedOutcome {
        var order = PaymentOrder(from: ann, to: bob, 5_000)
        let request = bank.request(by: act == .refund ? "bob" : "ann", act.rawValue)
        switch act {
        case .payment: return try await bank.store.pay(order, to: .account(bob), for: request)
        case .authorisation:
            order.capture = .manual
            return try await bank.store.pay(order, to: .account(bob), for: request)
        case .batch:
            // What the first one did is undone.
            let batch = Batch(mode: .atomic, orders: [PaymentOrder(from: ann, to: bob, 5), order])
            return try await bank.store.pay(batch, for: request)
        case .refund:
            return try await bank.store.refund(RefundOrder(payment: payment, amount: nil, reason: nil), for: request)
        case .withdrawal:
            let order = OperationOrder(kind: .withdrawal, account: ann, amount: 5_000, instrument: "bank_ok")
            guard case .ended(let outcome) = try await bank.store.start(order, for: request) else {
                throw Unexpected("it started")
            }
            return outcome
        }
    }
}
