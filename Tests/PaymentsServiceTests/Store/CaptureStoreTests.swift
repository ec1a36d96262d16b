import Chassis
import HTTP
import HTTPTypes
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct CaptureStoreTests {
    /// Ann with 1,000 and bob with nothing, and 600 authorised from her to him.
    private struct Case {
        let bank: StoreFixture
        let ann: String
        let bob: String
        let payment: Payment

        init() async throws {
            bank = try await StoreFixture()
            ann = try await bank.account(of: "ann", holding: 1_000)
            bob = try await bank.account(of: "bob")
            payment = try await bank.authorize(600, from: ann, of: "ann", to: bob, key: "auth")
        }

        func balances() async throws -> [Int64] {
            let (one, two) = (try await bank.balance(ann, of: "ann"), try await bank.balance(bob, of: "bob"))
            return [one.posted, one.pending, one.available, two.posted, two.pending, two.available]
        }

        func capture(_ amount: Int64?, by user: String = "bob", key: String = "capture") async throws -> KeyedOutcome {
            try await bank.store.capture(payment.id, amount: amount, for: bank.request(by: user, key))
        }

        func cancel(by user: String = "ann", key: String = "cancel") async throws -> KeyedOutcome {
            try await bank.store.cancel(payment.id, for: bank.request(by: user, key))
        }

        func status() async throws -> Payment.Status? { try await bank.store.payment(payment.id, of: "ann")?.status }
    }

    @Test("Reserved money is not available to the payer, nor yet to the payee")
    func reserves() async throws {
        let test = try await Case()
        #expect(test.payment.status == .requiresCapture && test.payment.captured == 0)
        #expect(test.payment.expiresAt == test.bank.clock.now + 7 * 86_400_000)
        #expect(try await test.balances() == [1_000, -600, 400, 0, 600, 0])
        var order = PaymentOrder(from: test.ann, to: test.bob, 401)
        for capture in Payment.Capture.allCases {
            order.capture = capture
            let outcome = try await test.bank.store.pay(
                order, to: .account(test.bob), for: test.bank.request(by: "ann", "more-\(capture)"))
            #expect(outcome.status == 402)
        }
        #expect(try await test.bank.count("entries") == 2, "the deposit's alone")
        try await test.bank.expectBalanced()
    }

    @Test("All or a part is captured, once; the rest is released", arguments: [nil, 1, 599, 600])
    func captures(amount: Int64?) async throws {
        let test = try await Case()
        let captured = amount ?? 600
        let first = try await test.capture(amount)
        #expect(first.status == 200)
        #expect(first.body.contains(#""amount_captured":\#(captured),"#))
        #expect(try await test.balances() == [1_000 - captured, 0, 1_000 - captured, captured, 0, captured])
        guard case .answered(let answer) = first else { throw Unexpected(first) }
        #expect(try await test.capture(amount) == .replayed(answer))
        let second = try await test.capture(1, key: "again")
        #expect(second.status == 409 && second.body.contains("payment_not_capturable"))
        #expect(try await test.cancel().status == 409)
        #expect(try await test.bank.count("transfers") == 4, "of the deposit two, pending and post")
        try await test.bank.expectBalanced()
    }

    @Test("More than was authorised is not captured; what was authorised still is")
    func tooMuch() async throws {
        let test = try await Case()
        let refused = try await test.capture(601)
        #expect(refused.status == 422 && refused.body.contains("capture_too_large"))
        #expect(try await test.balances() == [1_000, -600, 400, 0, 600, 0])
        #expect(try await test.capture(600, key: "less").status == 200)
    }

    @Test("Each of the two sides cancels", arguments: ["ann", "bob"])
    func cancels(user: String) async throws {
        let test = try await Case()
        #expect(try await test.cancel(by: user).status == 200)
        #expect(try await test.balances() == [1_000, 0, 1_000, 0, 0, 0])
        #expect(try await test.status() == .canceled)
        #expect(try await test.capture(nil).status == 409)
        let again = try await test.cancel(by: user, key: "again")
        #expect(again.status == 409 && again.body.contains("payment_not_cancelable"))
        try await test.bank.expectBalanced()
    }

    @Test("The payer does not capture, a stranger finds nothing, and neither uses up the key")
    func strangers() async throws {
        let test = try await Case()
        let problem = await #expect(throws: Problem.self) { try await test.capture(nil, by: "ann") }
        #expect(problem?.code == "not_the_payee" && problem?.status.code == 403)
        #expect(try await test.capture(nil, by: "eve") == .notFound)
        #expect(try await test.cancel(by: "eve") == .notFound)
        let keys = try await test.bank.count("idempotency_keys")
        #expect(keys == 2, "of the deposit and the authorisation")
        #expect(try await test.balances() == [1_000, -600, 400, 0, 600, 0])
    }

    @Test("What nobody captures in time is released, at its time and not before")
    func expires() async throws {
        let test = try await Case()
        test.bank.clock.advance(milliseconds: 7 * 86_400_000 - 1)
        #expect(try await test.bank.store.expireAuthorizations() == 0)
        test.bank.clock.advance(milliseconds: 1)
        let late = try await test.capture(nil)
        #expect(late.status == 409 && late.body.contains("authorization_expired"), "also before the job has run")
        #expect(try await test.bank.store.expireAuthorizations() == 1)
        #expect(try await test.bank.store.expireAuthorizations() == 0)
        #expect(try await test.status() == .expired)
        #expect(try await test.balances() == [1_000, 0, 1_000, 0, 0, 0])
        #expect(try await test.cancel().status == 409)
        try await test.bank.expectBalanced()
    }

    @Test("Many expire in short transactions, and those of other times stay")
    func expiresManyAndOnlyThem() async throws {
        let test = try await Case()
        for number in 0..<7 {
            _ = try await test.bank.authorize(10, from: test.ann, of: "ann", to: test.bob, key: "a\(number)")
        }
        test.bank.clock.advance(seconds: 60)
        let young = try await test.bank.authorize(10, from: test.ann, of: "ann", to: test.bob, key: "young")
        test.bank.clock.advance(milliseconds: 7 * 86_400_000 - 1)
        #expect(try await test.bank.store.expireAuthorizations(pageSize: 3) == 8)
        #expect(try await test.bank.store.payment(young.id, of: "bob")?.status == .requiresCapture)
        #expect(try await test.balances() == [1_000, -10, 990, 0, 10, 0])
        try await test.bank.expectBalanced()
    }

    @Test("An account with money reserved, or on its way, is not closed")
    func closing() async throws {
        let test = try await Case()
        for (account, owner) in [(test.ann, "ann"), (test.bob, "bob")] {
            let problem = await #expect(throws: Problem.self) {
                try await test.bank.store.act(.close, on: account, of: owner, once: nil)
            }
            #expect(problem?.code == "money_left")
            #expect(try await test.bank.store.closeAccounts(of: owner) == .moneyLeft)
        }
    }

    @Test("Each step tells both sides once")
    func events() async throws {
        let test = try await Case()
        _ = try await test.capture(5)
        _ = try await test.capture(5)
        let types = try await test.bank.database.read { reader in
            try reader.all("SELECT type, owner, other_owner FROM outbox ORDER BY sequence") { row in
                "\(try row.string(0)) \(try row.string(1)) \(try row.optionalString(2) ?? "")"
            }
        }
        #expect(types.dropFirst() == ["payment.requires_capture ann bob", "payment.succeeded ann bob"])
    }

    @Test("Between two accounts of one user, who is payer and payee")
    func ownAccounts() async throws {
        let bank = try await StoreFixture()
        let (one, two) = (try await bank.account(of: "ann", holding: 10), try await bank.account(of: "ann"))
        let payment = try await bank.authorize(4, from: one, of: "ann", to: two, key: "auth")
        #expect(try await bank.store.capture(payment.id, amount: 3, for: bank.request(by: "ann", "c")).status == 200)
        #expect(try await bank.balance(two, of: "ann").posted == 3)
        #expect(try await bank.store.payments(of: "ann", limit: 10).count == 1)
        try await bank.expectBalanced()
    }

    @Test(
        "The database itself refuses what no payment may do",
        arguments: [
            ("UPDATE payments SET captured = amount + 1, status = 'succeeded', ended_at = 1", false),
            ("UPDATE payments SET captured = 1", false),
            ("UPDATE payments SET status = 'succeeded', ended_at = 1", false),
            ("UPDATE payments SET status = 'lost'", false), ("UPDATE payments SET status = 'canceled'", false),
            ("UPDATE payments SET expires_at = NULL", false), ("DELETE FROM payments", true),
            (
                """
                INSERT INTO transfers (id, kind, debit_account, credit_account, amount, currency, pending_transfer,
                        created_at)
                    SELECT 'trf_x', 'post', debit_account, credit_account, 601, currency, id, 0
                FROM transfers WHERE kind = 'pending' AND amount = 600
                """, true
            ),
        ])
    func checks(statement: String, isTrigger: Bool) async throws {
        let test = try await Case()
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) {
            try await test.bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(isTrigger ? .trigger : .check) == true, "\(String(describing: error))")
    }

    @Test(
        "What has ended is not changed",
        arguments: ["status = 'canceled', captured = 0", "captured = 2", "amount = 700"])
    func ended(change: String) async throws {
        let test = try await Case()
        _ = try await test.capture(5)
        let sql = SQL(assembled: "UPDATE payments SET \(change)")
        let error = await #expect(throws: DatabaseError.self) {
            try await test.bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(.trigger) == true, "\(String(describing: error))")
    }

    @Test("Payments of before have moved all of their money")
    func migration() async throws {
        let bank = try await StoreFixture()
        await bank.database.close()
        let path = bank.directory.file("old.sqlite")
        let old = try await SQLiteDatabase.open(path: path, migrations: Array(Schema.migrations.prefix(5)))
        try await old.write { transaction in
            _ = try transaction.execute(
                """
                INSERT INTO payments (id, status, source, destination, source_owner, destination_owner, amount, currency,
                    transfer, created_at) VALUES ('pay_1', 'succeeded', 'a', 'b', 'ann', 'bob', 7, 'USD', 'trf_1', 1)
                """)
        }
        await old.close()
        let new = try await SQLiteDatabase.open(path: path, migrations: Schema.migrations)
        let store = PaymentsStore(database: new, identifiers: bank.store.identifiers, clock: bank.clock)
        let payment = try #require(try await store.payment("pay_1", of: "bob"))
        #expect((payment.capture, payment.captured, payment.expiresAt) == (.automatic, 7, nil))
        await new.close()
    }
}
