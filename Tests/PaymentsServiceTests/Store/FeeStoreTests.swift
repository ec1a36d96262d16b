import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct FeeStoreTests {
    private static func rules(_ currency: String = "USD", fixed: Int64 = 30, basisPoints: Int64 = 290) -> PaymentRules {
        var rules = PaymentRules()
        rules.fees.rules[currency] = FeeRule(fixed: fixed, basisPoints: basisPoints)
        return rules
    }

    private func fees(_ bank: StoreFixture, _ currency: String = "USD") async throws -> Int64? {
        let id = SystemAccount.fees.id(in: currency)
        return try await bank.database.read { reader in
            try reader.first("SELECT credits_posted - debits_posted FROM accounts WHERE id = ?", .text(id)) {
                try $0.int64(0)
            }
        }
    }

    @Test(
        "The payee pays, out of what arrives, in a transfer of its own",
        arguments: [("JPY", 0), ("USD", 2), ("KWD", 3)])
    func takesTheFee(currency: String, exponent: Int) async throws {
        #expect(Currency(code: currency)?.exponent == exponent)
        let bank = try await StoreFixture(rules: Self.rules(currency))
        let ann = try await bank.account(of: "ann", currency, holding: 10_000)
        let bob = try await bank.account(of: "bob", currency)
        let outcome = try await bank.store.pay(
            .init(from: ann, to: bob, 10_000, currency), to: .account(bob), for: bank.request(by: "ann", "k"))
        #expect(outcome.body.contains(#""amount":10000,"amount_captured":10000,"amount_refunded":0,"fee":320,"#))
        #expect(try await bank.balance(ann, of: "ann").posted == 0)
        #expect(try await bank.balance(bob, of: "bob").posted == 9_680)
        #expect(try await fees(bank, currency) == 320)
        let history = try #require(try await bank.store.entries(of: bob, of: "bob", before: nil, limit: 9))
        #expect(history.map(\.amount) == [-320, 10_000])
        let links = try await bank.database.read { reader in
            try reader.all("SELECT amount, linked_transfer FROM transfers WHERE linked_transfer IS NOT NULL") { row in
                "\(try row.int64(0)) \(try row.string(1))"
            }
        }
        #expect(links == ["320 \(history[1].transfer)"])
        try await bank.expectBalanced()
    }

    @Test func otherCurrenciesAndOwnAccountsAreFree() async throws {
        let bank = try await StoreFixture(rules: Self.rules())
        let (one, two) = (try await bank.account(of: "ann", holding: 100), try await bank.account(of: "ann"))
        let (euro, theirs) = (
            try await bank.account(of: "ann", "EUR", holding: 100), try await bank.account(of: "bob", "EUR")
        )
        _ = try await bank.store.pay(
            .init(from: one, to: two, 100), to: .account(two), for: bank.request(by: "ann", "a"))
        _ = try await bank.store.pay(
            .init(from: euro, to: theirs, 100, "EUR"), to: .account(theirs), for: bank.request(by: "ann", "b"))
        #expect(try await bank.balance(two, of: "ann").posted == 100)
        #expect(try await bank.balance(theirs, of: "bob").posted == 100)
        #expect(try await fees(bank) == 0)
        #expect(try await bank.count("transfers") == 6, "of two deposits and two payments")
    }

    @Test("A capture costs what was captured costs, and a cancellation nothing")
    func captures() async throws {
        let bank = try await StoreFixture(rules: Self.rules())
        let ann = try await bank.account(of: "ann", holding: 10_000)
        let bob = try await bank.account(of: "bob")
        let payment = try await bank.authorize(10_000, from: ann, of: "ann", to: bob, key: "auth")
        #expect(payment.fee == 0)
        let captured = try await bank.store.capture(payment.id, amount: 1_000, for: bank.request(by: "bob", "c"))
        #expect(captured.body.contains(#""amount_captured":1000,"amount_refunded":0,"fee":59,"#))
        #expect(try await bank.store.payment(payment.id, of: "bob")?.fee == 59)
        #expect(try await bank.balance(bob, of: "bob").posted == 941)
        let other = try await bank.authorize(500, from: ann, of: "ann", to: bob, key: "other")
        _ = try await bank.store.cancel(other.id, for: bank.request(by: "bob", "x"))
        #expect(try await fees(bank) == 59)
        try await bank.expectBalanced()
    }

    @Test("A small payment costs at most itself, also into a frozen account")
    func smallAndFrozen() async throws {
        let bank = try await StoreFixture(rules: Self.rules())
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob")
        _ = try await bank.store.act(.freeze, on: bob, of: "bob", once: nil)
        for (amount, left) in [(Int64(5), Int64(0)), (40, 9)] {
            let outcome = try await bank.store.pay(
                .init(from: ann, to: bob, amount), to: .account(bob), for: bank.request(by: "ann", "k\(amount)"))
            #expect(outcome.status == 201)
            #expect(try await bank.balance(bob, of: "bob").posted == left)
        }
        try await bank.expectBalanced()
    }

    @Test("Where the fees would leave Int64, nothing is paid and nothing captured")
    func overflow() async throws {
        let bank = try await StoreFixture(rules: Self.rules(fixed: 6, basisPoints: 0))
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob")
        let payment = try await bank.authorize(50, from: ann, of: "ann", to: bob, key: "auth")
        try await bank.database.write { transaction in
            _ = try transaction.execute(
                "UPDATE accounts SET credits_posted = ?1 - 5, debits_posted = ?1 - 5 WHERE id = 'sys_fees_USD'",
                .integer(.max))
        }
        let before = (try await bank.balance(ann, of: "ann"), try await bank.balance(bob, of: "bob"))
        let paid = try await bank.store.pay(
            .init(from: ann, to: bob, 10), to: .account(bob), for: bank.request(by: "ann", "k"))
        #expect(paid.status == 422 && paid.body.contains("balance_limit_exceeded"))
        let captured = try await bank.store.capture(payment.id, amount: nil, for: bank.request(by: "bob", "c"))
        #expect(captured.status == 422 && captured.body.contains("balance_limit_exceeded"))
        #expect(try await bank.balance(ann, of: "ann") == before.0)
        #expect(try await bank.balance(bob, of: "bob") == before.1)
        // Five still fit.
        let small = try await bank.store.capture(payment.id, amount: 5, for: bank.request(by: "bob", "c2"))
        #expect(small.status == 200)
    }

    @Test(
        "The database refuses fees that cannot be",
        arguments: ["fee = captured + 1", "fee = -1"])
    func checks(change: String) async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 10)
        let bob = try await bank.account(of: "bob")
        _ = try await bank.authorize(5, from: ann, of: "ann", to: bob, key: "auth")
        let sql = SQL(assembled: "UPDATE payments SET \(change)")
        let error = await #expect(throws: DatabaseError.self) {
            try await bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(.check) == true, "\(String(describing: error))")
    }
}
