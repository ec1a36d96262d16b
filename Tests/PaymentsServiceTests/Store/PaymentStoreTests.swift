import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct PaymentStoreTests {
    @Test func aPaymentMovesMoneyAndLeavesItsTraces() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 1_000)
        let bob = try await bank.account(of: "bob")
        let before = (try await bank.count("payments"), try await bank.count("outbox"))

        let outcome = try await bank.store.pay(
            PaymentOrder(from: ann, to: bob, 300), to: .account(bob), for: bank.request(by: "ann", "k1"))

        #expect(outcome.status == 201)
        #expect(try await bank.balance(ann, of: "ann").available == 700)
        #expect(try await bank.balance(bob, of: "bob").posted == 300)
        #expect(try await bank.count("payments") == before.0 + 1)
        #expect(try await bank.count("outbox") == before.1 + 1)
        let history = try #require(try await bank.store.entries(of: ann, of: "ann", before: nil, limit: 10))
        #expect(history.map(\.amount) == [-300, 1_000])
        #expect(history.map(\.balance) == [700, 1_000])
        #expect(history.map(\.sequence) == [2, 1])
        try await bank.expectBalanced()
    }

    struct RefusalCase: Sendable, CustomTestStringConvertible {
        let name: String
        let order: @Sendable (_ ann: String, _ bob: String, _ yen: String) -> PaymentOrder
        let status: Int
        let code: String
        var testDescription: String { name }
    }

    static let refusals = [
        RefusalCase(
            name: "more than there is", order: { a, b, _ in .init(from: a, to: b, 1_001) }, status: 402,
            code: "insufficient_funds"),
        RefusalCase(
            name: "to itself", order: { a, _, _ in .init(from: a, to: a, 1) }, status: 422, code: "same_account"),
        RefusalCase(
            name: "payee unknown", order: { a, _, _ in .init(from: a, to: "acct_none", 1) }, status: 422,
            code: "unknown_payee"),
        RefusalCase(
            name: "payee is the ledger's own", order: { a, _, _ in .init(from: a, to: "sys_processor_USD", 1) },
            status: 422, code: "unknown_payee"),
        RefusalCase(
            name: "payee in another currency", order: { a, _, y in .init(from: a, to: y, 1) }, status: 422,
            code: "currency_mismatch"),
        RefusalCase(
            name: "not the account's currency", order: { a, b, _ in .init(from: a, to: b, 1, "EUR") }, status: 422,
            code: "currency_mismatch"),
    ]

    @Test("A refusal changes nothing, is kept and is repeated", arguments: refusals)
    func refusal(_ refusal: RefusalCase) async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 1_000)
        let bob = try await bank.account(of: "bob")
        let yen = try await bank.account(of: "bob", "JPY")
        let order = refusal.order(ann, bob, yen)
        guard case .account(let payee) = order.payee else { throw Unexpected(order) }
        let tables = ["payments", "transfers", "entries", "outbox"]
        var before: [Int] = []
        for table in tables { before.append(try await bank.count(table)) }

        let first = try await bank.store.pay(order, to: .account(payee), for: bank.request(by: "ann", "k"))
        #expect(first.status == refusal.status)
        #expect(first.body.contains("\"code\":\"\(refusal.code)\""))

        var after: [Int] = []
        for table in tables { after.append(try await bank.count(table)) }
        #expect(after == before)
        #expect(try await bank.balance(ann, of: "ann").available == 1_000)
        let second = try await bank.store.pay(order, to: .account(payee), for: bank.request(by: "ann", "k"))
        guard case .answered(let answer) = first else { throw Unexpected(first) }
        #expect(second == .replayed(answer))
        try await bank.expectBalanced()
    }

    @Test("Another user's account and none at all are the same, and the key stays free", arguments: ["theirs", "none"])
    func sourceNotFound(whose: String) async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 10)
        let bob = try await bank.account(of: "bob", holding: 10)
        let source = whose == "theirs" ? bob : "acct_none"
        let request = bank.request(by: "ann", "k")
        #expect(try await bank.store.pay(.init(from: source, to: ann, 5), to: .account(ann), for: request) == .notFound)
        #expect(try await bank.store.pay(.init(from: ann, to: bob, 5), to: .account(bob), for: request).status == 201)
    }

    @Test("The ledger's own accounts are nobody's to pay from")
    func systemAccountsAreNotASource() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 10)
        let order = PaymentOrder(from: "sys_processor_USD", to: ann, 5)
        #expect(try await bank.store.pay(order, to: .account(ann), for: bank.request(by: "ann", "k")) == .notFound)
    }

    @Test func aUserReceivesOnTheFirstAccountOfTheCurrency() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        _ = try await bank.account(of: "bob", "EUR")
        let first = try await bank.account(of: "bob", "USD")
        let second = try await bank.account(of: "bob", "USD")
        let order = PaymentOrder(source: ann, payee: .user("bob"), amount: 7, currency: "USD", description: "thanks")
        let outcome = try await bank.store.pay(order, to: .user("bob"), for: bank.request(by: "ann", "k"))
        #expect(outcome.status == 201)
        #expect(try await bank.balance(first, of: "bob").posted == 7)
        #expect(try await bank.balance(second, of: "bob").posted == 0)

        let none = try await bank.store.pay(order, to: .user("eve"), for: bank.request(by: "ann", "k2"))
        #expect(none.status == 422)
        #expect(none.body.contains("payee_has_no_account"))
    }

    @Test func bothSidesSeeItAndNobodyElse() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob")
        _ = try await bank.account(of: "eve")
        _ = try await bank.store.pay(.init(from: ann, to: bob, 1), to: .account(bob), for: bank.request(by: "ann", "k"))
        let own = try await bank.store.payments(of: "ann", limit: 10)
        let payment = try #require(own.first)
        #expect(own.count == 1)
        #expect(try await bank.store.payments(of: "bob", limit: 10) == own)
        #expect(try await bank.store.payments(of: "eve", limit: 10).isEmpty)
        #expect(try await bank.store.payment(payment.id, of: "ann") == payment)
        #expect(try await bank.store.payment(payment.id, of: "bob") == payment)
        #expect(try await bank.store.payment(payment.id, of: "eve") == nil)
    }

    @Test("Pages cover a list without gaps and repeats, newest first, also with both sides the same user")
    func pages() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        let other = try await bank.account(of: "ann")
        let bob = try await bank.account(of: "bob", holding: 100)
        for round in 0..<9 {
            let (from, to, by) = [(ann, bob, "ann"), (bob, ann, "bob"), (ann, other, "ann")][round % 3]
            let outcome = try await bank.store.pay(
                .init(from: from, to: to, 1), to: .account(to), for: bank.request(by: by, "k\(round)"))
            #expect(outcome.status == 201)
        }
        var (seen, position): ([String], ListPosition) = ([], .start)
        while true {
            let page = try await bank.store.payments(of: "ann", after: position, limit: 2)
            seen += page.map(\.id)
            position = page.last.map(ListPosition.init) ?? position
            if page.count < 2 { break }
        }
        #expect(seen.count == 9)
        #expect(seen == Set(seen).sorted(by: >))
    }

    @Test("Totals never leave Int64: the ledger refuses before they would")
    func overflow() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 10)
        let bob = try await bank.account(of: "bob")
        try await bank.database.write { transaction in
            _ = try transaction.execute(
                "UPDATE accounts SET credits_posted = ?2 - 5, debits_posted = ?2 - 5 WHERE id = ?1", .text(bob),
                .integer(.max))
        }
        let pay = { (amount: Int64, key: String) in
            try await bank.store.pay(
                .init(from: ann, to: bob, amount), to: .account(bob), for: bank.request(by: "ann", key))
        }
        let refused = try await pay(6, "k6")
        #expect(refused.status == 422)
        #expect(refused.body.contains("balance_limit_exceeded"))
        #expect(try await pay(5, "k5").status == 201)
        let order = OperationOrder(kind: .deposit, account: bob, amount: 1, instrument: "card_ok")
        guard case .ended(let outcome) = try await bank.store.start(order, for: bank.request(by: "bob", "d"))
        else { throw Unexpected("the deposit started") }
        #expect(outcome.status == 422)
    }
}
