import Chassis
import JSON
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// Amounts at every door where there is one, in currencies of every exponent.
@Suite struct AmountTests {
    private static let currencies = ["JPY", "USD", "KWD"]

    /// Where an amount is sent, by whom, and where it stands in the body.
    private struct Door {
        let path: String
        var user = "ann"
        let pointer: String
        let body: (_ amount: String) -> String
    }

    private func doors(_ service: ServiceFixture, _ currency: String) async throws -> [Door] {
        let ann = try await service.bank.account(of: "ann", currency, holding: 100)
        let bob = try await service.bank.account(of: "bob", currency)
        let held = try await service.bank.authorize(50, from: ann, of: "ann", to: bob, currency, key: "held")
        let order = PaymentOrder(from: ann, to: bob, 20, currency)
        let paid = try await service.bank.store.pay(
            order, to: .account(bob), for: service.bank.request(by: "ann", "paid"))
        let id = try #require(paid.paymentID)
        let payment = { (amount: String, more: String) in
            """
            {"source":"\(ann)","destination":{"account":"\(bob)"},"amount":\(amount),"currency":"\(currency)"\(more)}
            """
        }
        return [
            Door(path: "/v1/payments", pointer: "/amount") { payment($0, "") },
            Door(path: "/v1/payments", pointer: "/amount") { payment($0, #","capture":"manual""#) },
            Door(path: "/v1/transfers", pointer: "/items/0/amount") {
                #"{"mode":"atomic","items":[\#(payment($0, ""))]}"#
            },
            Door(path: "/v1/payments/\(held.id)/capture", user: "bob", pointer: "/amount") { #"{"amount":\#($0)}"# },
            Door(path: "/v1/refunds", user: "bob", pointer: "/amount") { #"{"payment":"\#(id)","amount":\#($0)}"# },
            Door(path: "/v1/deposits", pointer: "/amount") {
                #"{"account":"\#(ann)","amount":\#($0),"source":"card_ok"}"#
            },
            Door(path: "/v1/withdrawals", pointer: "/amount") {
                #"{"account":"\#(ann)","amount":\#($0),"destination":"bank_ok"}"#
            },
        ]
    }

    @Test("What is none is refused, and leaves nothing, not even its key", arguments: currencies)
    func refused(currency: String) async throws {
        let service = try await ServiceFixture()
        let doors = try await doors(service, currency)
        let before = try await service.bank.dump()
        for amount in [
            "0", "-0", "-1", "0.5", "1.0", "1e2", "\"5\"", "9223372036854775807", "9223372036854775808",
            "-9223372036854775808", "18446744073709551617", "1000000000000",
        ] {
            for (number, door) in doors.enumerated() {
                let answer = try await service.post(
                    door.path, as: door.user, key: "k\(number)", door.body(amount))
                #expect(answer.status == 422, "\(amount) at \(door.path)")
                #expect(answer.code == "validation_failed", "\(amount) at \(door.path)")
                let pointer = try answer.json["errors"]?.array?.first?["pointer"]?.string
                #expect(pointer == door.pointer, "\(amount) at \(door.path)")
            }
        }
        #expect(try await service.bank.dump() == before)
        // The keys are free for amounts that are some.
        for (number, door) in doors.enumerated() {
            let answer = try await service.post(door.path, as: door.user, key: "k\(number)", door.body("1"))
            #expect([200, 201].contains(answer.status), "\(door.path): \(answer.status)")
        }
        try await service.bank.expectBalanced()
    }

    @Test("The largest one moves exactly, in and out, back and forth", arguments: currencies)
    func largest(currency: String) async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", currency, holding: Amount.maximum)
        let bob = try await bank.account(of: "bob", currency)
        let held = try await bank.authorize(Amount.maximum, from: ann, of: "ann", to: bob, currency, key: "held")
        #expect(try await bank.balance(ann, of: "ann").available == 0)
        let captured = try await bank.store.capture(held.id, amount: nil, for: bank.request(by: "bob", "capture"))
        #expect(captured.status == 200)
        #expect(try await bank.balance(bob, of: "bob").posted == 999_999_999_999)
        let order = RefundOrder(payment: held.id, amount: Amount.maximum - 1, reason: nil)
        #expect(try await bank.store.refund(order, for: bank.request(by: "bob", "refund")).status == 201)
        #expect(try await bank.balance(ann, of: "ann").posted == 999_999_999_998)
        #expect(try await bank.balance(bob, of: "bob").posted == 1)
        try await bank.expectBalanced()
    }

    @Test("Totals stop at the end of Int64, whatever would bring more", arguments: currencies)
    func overflow(currency: String) async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", currency, holding: 100)
        let bob = try await bank.account(of: "bob", currency)
        let order = PaymentOrder(from: ann, to: bob, 50, currency)
        let paid = try await bank.store.pay(order, to: .account(bob), for: bank.request(by: "ann", "paid"))
        // Both have received nearly all that can be received, and have spent it.
        try await bank.database.write { transaction in
            _ = try transaction.execute(
                """
                UPDATE accounts SET debits_posted = debits_posted + (?1 - 5 - credits_posted), credits_posted = ?1 - 5
                WHERE owner IS NOT NULL
                """, .integer(.max))
        }
        let before = try await bank.dump(without: ["idempotency_keys"])
        let batch = Batch(mode: .atomic, orders: [PaymentOrder(from: ann, to: bob, 6, currency)])
        let refund = RefundOrder(payment: try #require(paid.paymentID), amount: 6, reason: nil)
        var held = PaymentOrder(from: ann, to: bob, 6, currency)
        let pay = { (order: PaymentOrder, key: String) in
            try await bank.store.pay(order, to: .account(bob), for: bank.request(by: "ann", key))
        }
        var refused = [try await pay(held, "pay")]
        held.capture = .manual
        refused.append(try await pay(held, "hold"))
        refused.append(try await bank.store.pay(batch, for: bank.request(by: "ann", "batch")))
        refused.append(try await bank.store.refund(refund, for: bank.request(by: "bob", "refund")))
        let deposit = OperationOrder(kind: .deposit, account: bob, amount: 6, instrument: "card_ok")
        if case .ended(let outcome) = try await bank.store.start(deposit, for: bank.request(by: "bob", "deposit")) {
            refused.append(outcome)
        }
        #expect(refused.count == 5)
        #expect(refused.allSatisfy { $0.status == 422 && $0.body.contains("balance_limit_exceeded") }, "\(refused)")
        #expect(try await bank.dump(without: ["idempotency_keys"]) == before)
        #expect(try await pay(PaymentOrder(from: ann, to: bob, 5, currency), "last").status == 201)
    }

    /// A minor unit is a minor unit: half a yen and half a fils are rounded like half a cent.
    @Test("A fee is rounded to the minor unit of its currency, and every unit is somewhere", arguments: currencies)
    func fees(currency: String) async throws {
        let rules = PaymentRules(fees: FeeSchedule(rules: [currency: FeeRule(fixed: 0, basisPoints: 250)]))
        let bank = try await StoreFixture(rules: rules)
        let ann = try await bank.account(of: "ann", currency, holding: 1_000)
        let bob = try await bank.account(of: "bob", currency)
        var (paid, taken): (Int64, Int64) = (0, 0)
        // 2.5 %: a half, one and a half, two and a half, and beside them.
        for (amount, fee) in [(20, 0), (60, 2), (100, 2), (19, 0), (21, 1), (140, 4), (1, 0)] as [(Int64, Int64)] {
            let order = PaymentOrder(from: ann, to: bob, amount, currency)
            let outcome = try await bank.store.pay(
                order, to: .account(bob), for: bank.request(by: "ann", "k\(amount)"))
            #expect(outcome.body.contains(#""fee":\#(fee)"#), "\(amount): \(outcome.body)")
            (paid, taken) = (paid + amount, taken + fee)
            #expect(try await bank.balance(bob, of: "bob").posted == paid - taken)
        }
        try await bank.expectBalanced()
        let verification = try await bank.database.read { try Verification($0) }
        #expect(verification.isClean, "\(verification.broken)")
    }
}
