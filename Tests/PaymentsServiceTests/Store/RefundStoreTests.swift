import Chassis
import HTTP
import HTTPTypes
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct RefundStoreTests {
    /// Ann had 1,000 and paid 600 of them to bob.
    private struct Case {
        let bank: StoreFixture
        let ann: String
        let bob: String
        let payment: String

        init(batchLimit: Int = 256) async throws {
            bank = try await StoreFixture(batchLimit: batchLimit)
            ann = try await bank.account(of: "ann", holding: 1_000)
            bob = try await bank.account(of: "bob")
            let paid = try await bank.store.pay(
                .init(from: ann, to: bob, 600), to: .account(bob), for: bank.request(by: "ann", "pay"))
            payment = try #require(paid.paymentID)
        }

        func refund(_ amount: Int64?, key: String, by user: String = "bob", reason: String? = nil) async throws
            -> KeyedOutcome
        {
            let order = RefundOrder(payment: payment, amount: amount, reason: reason)
            return try await bank.store.refund(order, for: bank.request(by: user, key))
        }

        func posted() async throws -> [Int64] {
            [try await bank.balance(ann, of: "ann").posted, try await bank.balance(bob, of: "bob").posted]
        }

        func refunded() async throws -> Int64? { try await bank.store.payment(payment, of: "ann")?.refunded }
    }

    @Test("In parts, until nothing is left; each is kept under its key")
    func parts() async throws {
        let test = try await Case()
        let first = try await test.refund(100, key: "a", reason: "one too many")
        #expect(first.status == 201)
        guard case .answered(let answer) = first else { throw Unexpected(first) }
        #expect(try await test.refund(100, key: "a") == .replayed(answer))
        #expect(try await test.posted() == [500, 500])
        let tooMuch = try await test.refund(501, key: "b")
        #expect(tooMuch.status == 422 && tooMuch.body.contains("refund_too_large"))
        #expect(try await test.refund(nil, key: "c").status == 201)
        #expect(try await test.posted() == [1_000, 0])
        let again = try await test.refund(1, key: "d")
        #expect(again.status == 409 && again.body.contains("already_refunded"))
        #expect(try await test.refunded() == 600)
        for user in ["ann", "bob"] {
            let refunds = try await test.bank.store.refunds(of: user, limit: 10)
            #expect(refunds.map(\.amount) == [500, 100])
            #expect(refunds.last?.reason == "one too many")
            #expect(try await test.bank.store.refund(refunds[0].id, of: user) == refunds[0])
        }
        #expect(try await test.bank.store.refunds(of: "eve", limit: 10).isEmpty)
        #expect(try await test.bank.store.refunds(of: "eve", payment: test.payment, limit: 10).isEmpty)
        try await test.bank.expectBalanced()
    }

    @Test("Only what the payee has, from an account that pays, to one that receives")
    func refusals() async throws {
        let test = try await Case()
        _ = try await test.bank.store.pay(
            .init(from: test.bob, to: test.ann, 400), to: .account(test.ann), for: test.bank.request(by: "bob", "spent")
        )
        #expect(try await test.refund(201, key: "a").status == 402)
        #expect(try await test.refunded() == 0)
        _ = try await test.bank.store.act(.freeze, on: test.bob, of: "bob", once: nil)
        #expect(try await test.refund(1, key: "b").status == 409)
        _ = try await test.bank.store.act(.unfreeze, on: test.bob, of: "bob", once: nil)
        let rest = try await test.bank.account(of: "eve")
        _ = try await test.bank.store.pay(
            .init(from: test.ann, to: rest, 800), to: .account(rest), for: test.bank.request(by: "ann", "all"))
        _ = try await test.bank.store.act(.close, on: test.ann, of: "ann", once: nil)
        let closed = try await test.refund(1, key: "c")
        #expect(closed.status == 422 && closed.body.contains("account_closed"))
        #expect(try await test.bank.count("refunds") == 0)
        try await test.bank.expectBalanced()
    }

    @Test("The payer gives nothing back, a stranger finds nothing, and neither uses up the key")
    func strangers() async throws {
        let test = try await Case()
        let problem = await #expect(throws: Problem.self) { try await test.refund(1, key: "k", by: "ann") }
        #expect(problem?.code == "not_the_payee")
        #expect(try await test.refund(1, key: "k", by: "eve") == .notFound)
        let none = RefundOrder(payment: "pay_none", amount: nil, reason: nil)
        #expect(try await test.bank.store.refund(none, for: test.bank.request(by: "bob", "k")) == .notFound)
        #expect(try await test.refund(1, key: "k").status == 201)
    }

    @Test("Of an authorisation nothing comes back before it is captured, and then what was captured")
    func captures() async throws {
        let test = try await Case()
        let payment = try await test.bank.authorize(100, from: test.ann, of: "ann", to: test.bob, key: "auth")
        let refund = { (amount: Int64?, key: String) in
            let order = RefundOrder(payment: payment.id, amount: amount, reason: nil)
            return try await test.bank.store.refund(order, for: test.bank.request(by: "bob", key))
        }
        let early = try await refund(1, "early")
        #expect(early.status == 409 && early.body.contains("payment_not_refundable"))
        _ = try await test.bank.store.capture(payment.id, amount: 30, for: test.bank.request(by: "bob", "c"))
        #expect(try await refund(31, "more").status == 422)
        #expect(try await refund(nil, "rest").body.contains(#""amount":30,"#))
        try await test.bank.expectBalanced()
    }

    @Test("Refunds that race give back what was captured, and not a unit more")
    func races() async throws {
        var generator = SeededGenerator.announced()
        let test = try await Case(batchLimit: 7)
        // Money of his own, so that it is the payment's limit that stops him.
        try await test.bank.deposit(5_000, into: test.bob, of: "bob")
        let amounts = (0..<80).map { _ in generator.chance(0.1) ? nil : Int64.random(in: 1...60, using: &generator) }
        let statuses = try await withThrowingTaskGroup(of: Int?.self) { group in
            for (number, amount) in amounts.enumerated() {
                group.addTask { try await test.refund(amount, key: "r\(number)").status }
                group.addTask { try await test.refund(amount, key: "r\(number)").status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(statuses).isSubset(of: [201, 409, 422]) && statuses.contains(201))
        _ = try await test.refund(nil, key: "rest")
        let refunds = try await test.bank.store.refunds(of: "bob", payment: test.payment, limit: 200)
        #expect(refunds.map(\.amount).reduce(0, +) == 600)
        #expect(try await test.refunded() == 600)
        #expect(try await test.posted() == [1_000, 5_000])
        #expect(statuses.count { $0 == 201 } <= refunds.count * 2)
        try await test.bank.expectBalanced()
    }

    @Test("Pages, of all and of one payment")
    func pages() async throws {
        let test = try await Case()
        for number in 1...5 {
            _ = try await test.refund(Int64(number), key: "k\(number)")
            if number % 2 == 0 { test.bank.clock.advance(milliseconds: 1) }
        }
        for isOfPayment in [true, false] {
            var (amounts, position): ([Int64], ListPosition) = ([], .start)
            while true {
                let page =
                    isOfPayment
                    ? try await test.bank.store.refunds(of: "ann", payment: test.payment, after: position, limit: 2)
                    : try await test.bank.store.refunds(of: "ann", after: position, limit: 2)
                guard let last = page.last else { break }
                amounts += page.map(\.amount)
                position = ListPosition(last)
            }
            #expect(amounts == [5, 4, 3, 2, 1])
        }
    }

    @Test("Lists are searches in an index", arguments: [true, false])
    func plans(isOfPayment: Bool) async throws {
        let test = try await Case()
        let sql = isOfPayment ? Refund.ofPayment : Refund.ofUser
        let explain = SQL(assembled: "EXPLAIN QUERY PLAN " + sql.string)
        let values: [SQLValue] =
            [.text("ann"), .integer(1), .text(""), .integer(1)] + (isOfPayment ? [.text("p")] : [])
        let steps = try await test.bank.database.read { reader in
            var steps: [String] = []
            try reader.query(explain, values: values) { row in
                steps.append(try row.string(3))
                return true
            }
            return steps
        }
        let plan = steps.joined(separator: "\n")
        #expect(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "\(plan)")
        for index in isOfPayment ? ["refunds_by_payment"] : ["refunds_by_payee", "refunds_by_payer"] {
            #expect(
                steps.contains { $0.contains("INDEX \(index) ") && $0.contains("(created_at,id)<(?,?)") }, "\(plan)")
        }
    }

    private static let columns =
        "INSERT INTO refunds SELECT 'rfnd_x', id, 'ann', 'bob', %1, %2, 'USD', NULL, transfer, 0 FROM payments"

    @Test(
        "The database itself refuses refunds that do not add up",
        arguments: [
            ("UPDATE payments SET refunded = 601", false), ("UPDATE payments SET refunded = 99", true),
            ("UPDATE payments SET refunded = 0", true), ("UPDATE refunds SET amount = 1", true),
            ("DELETE FROM refunds", true),
            // A refund beside the books, one that repeats a total, one that leaves a gap.
            (columns.replacing("%1", with: "5").replacing("%2", with: "105"), true),
            (columns.replacing("%1", with: "100").replacing("%2", with: "100"), true),
            (columns.replacing("%1", with: "0").replacing("%2", with: "100"), false),
        ])
    func checks(statement: String, isTrigger: Bool) async throws {
        let test = try await Case()
        _ = try await test.refund(100, key: "a")
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) {
            try await test.bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(isTrigger ? .trigger : .check) == true, "\(String(describing: error))")
    }
}
