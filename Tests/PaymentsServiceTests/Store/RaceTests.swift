import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// What ends a payment comes from several sides at once: one of them wins, and the others are told so.
@Suite struct RaceTests {
    @Test("Capture, cancel and expiry race: one ends each payment, and the money is where that one put it")
    func endsRace() async throws {
        var generator = SeededGenerator.announced()
        let bank = try await StoreFixture(batchLimit: 5)
        let ann = try await bank.account(of: "ann", holding: 10_000)
        let bob = try await bank.account(of: "bob")
        var payments: [Payment] = []
        for number in 0..<40 {
            payments.append(try await bank.authorize(100, from: ann, of: "ann", to: bob, key: "a\(number)"))
            bank.clock.advance(milliseconds: 1)
        }
        // Half of them are over already when the race begins, the others end by one of their sides.
        bank.clock.advance(milliseconds: 7 * 86_400_000 - 20)
        let tries = payments.flatMap { payment in (0..<5).map { (payment, $0) } }.shuffled(using: &generator)
        let statuses = try await withThrowingTaskGroup(of: (String, Int?).self) { group in
            for (payment, number) in tries {
                group.addTask {
                    let request = { (user: String) in bank.request(by: user, "\(payment.id)-\(number)") }
                    switch number {
                    case 0, 1:
                        let amount = Int64(30 + number)
                        return (
                            payment.id,
                            try await bank.store.capture(payment.id, amount: amount, for: request("bob")).status
                        )
                    case 2, 3:
                        return (
                            payment.id,
                            try await bank.store.cancel(payment.id, for: request(number == 2 ? "ann" : "bob")).status
                        )
                    default:
                        try await bank.store.expireAuthorizations(pageSize: 3)
                        return (payment.id, nil)
                    }
                }
            }
            return try await group.reduce(into: [String: [Int]]()) { $0[$1.0, default: []] += $1.1.map { [$0] } ?? [] }
        }
        var (captured, ends): (Int64, Set<Payment.Status>) = (0, [])
        for payment in payments {
            let ended = try #require(try await bank.store.payment(payment.id, of: "bob"))
            let answers = try #require(statuses[payment.id]).sorted()
            #expect(answers == (ended.status == .expired ? [409, 409, 409, 409] : [200, 409, 409, 409]))
            captured += ended.captured
            ends.insert(ended.status)
        }
        #expect(!ends.contains(.requiresCapture) && ends.contains(.expired))
        let (payer, payee) = (try await bank.balance(ann, of: "ann"), try await bank.balance(bob, of: "bob"))
        #expect((payer.posted, payer.pending) == (10_000 - captured, 0))
        #expect((payee.posted, payee.pending) == (captured, 0))
        #expect(try await bank.count("outbox") == 81, "the deposit, 40 authorisations and 40 ends")
        try await bank.expectBalanced()
    }

    @Test(
        "1,000 racing retries of one key: one effect, identical answers",
        arguments: ["pay", "capture", "refund", "batch"])
    func retries(act: String) async throws {
        let bank = try await StoreFixture(batchLimit: 64)
        let ann = try await bank.account(of: "ann", holding: 1_000)
        let bob = try await bank.account(of: "bob")
        let payment = try await bank.authorize(10, from: ann, of: "ann", to: bob, key: "auth")
        let paid = try await bank.store.pay(
            .init(from: ann, to: bob, 9), to: .account(bob), for: bank.request(by: "ann", "paid"))
        let order = PaymentOrder(from: ann, to: bob, 7)
        let batch = Batch(mode: .atomic, orders: [order, order])
        let refund = RefundOrder(payment: try #require(paid.paymentID), amount: 7, reason: nil)
        let outcomes = try await withThrowingTaskGroup(of: KeyedOutcome.self) { group in
            for _ in 0..<1_000 {
                group.addTask {
                    let request = bank.request(by: ["pay", "batch"].contains(act) ? "ann" : "bob", "same")
                    switch act {
                    case "capture": return try await bank.store.capture(payment.id, amount: 7, for: request)
                    case "refund": return try await bank.store.refund(refund, for: request)
                    case "batch": return try await bank.store.pay(batch, for: request)
                    default: return try await bank.store.pay(order, to: .account(bob), for: request)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 1_000)
        #expect(Set(outcomes.map(\.body)).count == 1)
        #expect(Set(outcomes.map(\.status)) == [["pay", "refund"].contains(act) ? 201 : 200])
        #expect(outcomes.count { if case .answered = $0 { true } else { false } } == 1)
        let change: Int64 = ["refund": -7, "batch": 14][act] ?? 7
        #expect(try await bank.balance(bob, of: "bob").posted == 9 + change)
        try await bank.expectBalanced()
    }
}
