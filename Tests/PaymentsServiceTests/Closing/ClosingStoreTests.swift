import Chassis
import HTTP
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct ClosingStoreTests {
    @Test("All accounts of the user, for good; asked again, the same answer")
    func closes() async throws {
        let bank = try await StoreFixture()
        let accounts = [try await bank.account(of: "ann"), try await bank.account(of: "ann", "EUR")]
        let other = try await bank.account(of: "bob", holding: 10)
        #expect(try await bank.store.closeAccounts(of: "ann") == .closed(accounts: 2))
        bank.clock.advance(seconds: 60)
        #expect(try await bank.store.closeAccounts(of: "ann") == .closed(accounts: 2))
        for id in accounts {
            let account = try #require(try await bank.store.account(id, of: "ann"))
            #expect(account.status == .closed)
            #expect(account.closedAt == bank.clock.now - 60_000, "the first time is the time")
        }
        #expect(try await bank.store.account(other, of: "bob")?.status == .open)
        #expect(try await bank.store.closeAccounts(of: "eve") == .closed(accounts: 0))
    }

    @Test("Who was closed is told of nothing any more")
    func webhooks() async throws {
        let bank = try await StoreFixture()
        let order = WebhookEndpointOrder(url: "https://ann.example/")
        _ = try #require(try await bank.store.makeWebhookEndpoint(order, for: "ann", atMost: 10))
        _ = try await bank.store.closeAccounts(of: "ann")
        await #expect(throws: Refusal.userClosed.problem) {
            _ = try await bank.store.makeWebhookEndpoint(order, for: "ann", atMost: 10)
        }
        #expect(try await bank.count("webhook_endpoints") == 0)
    }

    @Test("One amount, posted or pending, in one of the accounts keeps all of them open", arguments: [true, false])
    func moneyLeft(posted: Bool) async throws {
        let bank = try await StoreFixture()
        let empty = try await bank.account(of: "ann")
        let full = try await bank.account(of: "ann", "EUR", holding: posted ? 1 : 0)
        if !posted {
            let order = OperationOrder(kind: .deposit, account: full, amount: 1, instrument: "card_slow")
            _ = try await bank.store.start(order, for: bank.request(by: "ann", "slow"))
        }
        #expect(try await bank.store.closeAccounts(of: "ann") == .moneyLeft)
        for id in [empty, full] { #expect(try await bank.store.account(id, of: "ann")?.status == .open) }
        #expect(try await bank.count("closed_users") == 0)
        _ = try await bank.account(of: "ann")
    }

    @Test("A closed account pays nothing, receives nothing, and is nobody's payee")
    func refuses() async throws {
        let bank = try await StoreFixture()
        let closed = try await bank.account(of: "ann", holding: 5)
        let open = try await bank.account(of: "bob", holding: 5)
        _ = try await bank.store.pay(
            PaymentOrder(from: closed, to: open, 5), to: .account(open), for: bank.request(by: "ann", "empty"))
        #expect(try await bank.store.closeAccounts(of: "ann") == .closed(accounts: 1))

        let paid = try await bank.store.pay(
            PaymentOrder(from: closed, to: open, 1), to: .account(open), for: bank.request(by: "ann", "out"))
        #expect(paid.status == 409 && paid.body.contains(#""code":"account_closed""#))
        let received = try await bank.store.pay(
            PaymentOrder(from: open, to: closed, 1), to: .account(closed), for: bank.request(by: "bob", "in"))
        #expect(received.status == 422 && received.body.contains(#""code":"account_closed""#))
        let byUser = try await bank.store.pay(
            PaymentOrder(from: open, to: "", 1), to: .user("ann"), for: bank.request(by: "bob", "user"))
        #expect(byUser.status == 422 && byUser.body.contains("payee_has_no_account"))
        let order = OperationOrder(kind: .deposit, account: closed, amount: 1, instrument: "card_ok")
        guard
            case .ended(let deposit) = try await bank.store.start(order, for: bank.request(by: "ann", "deposit"))
        else { throw Unexpected("a deposit") }
        #expect(deposit.status == 409 && deposit.body.contains(#""code":"account_closed""#))

        #expect(try await bank.balance(open, of: "bob").posted == 10)
        #expect(try await bank.count("transfers") == 5)
        try await bank.expectBalanced()
    }

    @Test("A frozen account receives and pays nothing")
    func frozen() async throws {
        let bank = try await StoreFixture()
        let frozen = try await bank.account(of: "ann", holding: 5)
        let open = try await bank.account(of: "bob", holding: 5)
        _ = try await bank.store.act(.freeze, on: frozen, of: "ann", once: nil)
        let paid = try await bank.store.pay(
            PaymentOrder(from: frozen, to: open, 1), to: .account(open), for: bank.request(by: "ann", "out"))
        #expect(paid.status == 409 && paid.body.contains(#""code":"account_frozen""#))
        let received = try await bank.store.pay(
            PaymentOrder(from: open, to: frozen, 1), to: .account(frozen), for: bank.request(by: "bob", "in"))
        #expect(received.status == 201)
        try await bank.expectBalanced()
    }

    @Test("Whose accounts are closed opens no other one, with a key or without")
    func opensNone() async throws {
        let bank = try await StoreFixture()
        _ = try await bank.store.closeAccounts(of: "ann")
        let currency = try #require(Currency(code: "USD"))
        let keyed = try await bank.store.openAccount(in: currency, for: "ann", once: bank.request(by: "ann", "open"))
        #expect(keyed.status == 409 && keyed.body.contains(#""code":"account_closed""#))
        let problem = await #expect(throws: Problem.self) {
            try await bank.store.openAccount(in: currency, for: "ann", once: nil)
        }
        #expect(problem?.code == "account_closed")
        #expect(try await bank.count("accounts") == 0)
    }

    @Test(
        "The database itself refuses what a closed account may not do",
        arguments: [
            "UPDATE accounts SET status = 'open', closed_at = NULL WHERE owner = 'ann'",
            "UPDATE accounts SET credits_posted = credits_posted + 1 WHERE owner = 'ann'",
            "UPDATE accounts SET credits_pending = 1 WHERE owner = 'ann'",
            "INSERT INTO entries SELECT id, 99, 'trf_x', 1, 1, 0 FROM accounts WHERE owner = 'ann'",
            "INSERT INTO accounts (id, owner, currency, created_at) VALUES ('acct_x', 'ann', 'USD', 0)",
        ])
    func triggers(statement: String) async throws {
        let bank = try await StoreFixture()
        _ = try await bank.account(of: "ann")
        _ = try await bank.store.closeAccounts(of: "ann")
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) {
            try await bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(.trigger) == true, "\(String(describing: error))")
    }

    @Test(
        "No account with money is closed, and none without a time",
        arguments: [
            "UPDATE accounts SET status = 'closed', closed_at = 1 WHERE owner = 'ann'",
            "UPDATE accounts SET status = 'closed' WHERE owner = 'bob'",
            "UPDATE accounts SET closed_at = 1 WHERE owner = 'bob'",
            "UPDATE accounts SET status = 'lost' WHERE owner = 'bob'",
        ])
    func checks(statement: String) async throws {
        let bank = try await StoreFixture()
        _ = try await bank.account(of: "ann", holding: 1)
        _ = try await bank.account(of: "bob")
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) {
            try await bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(.check) == true, "\(String(describing: error))")
    }

    /// Payments into the accounts race with their closing: whoever comes first, nothing lands in a closed account.
    @Test func closingRacesWithPayments() async throws {
        let bank = try await StoreFixture()
        let target = try await bank.account(of: "ann")
        let source = try await bank.account(of: "bob", holding: 100)
        let outcomes = try await withThrowingTaskGroup(of: ClosingOutcome?.self, returning: [ClosingOutcome].self) {
            group in
            for number in 0..<20 {
                group.addTask {
                    _ = try await bank.store.pay(
                        PaymentOrder(from: source, to: target, 1), to: .account(target),
                        for: bank.request(by: "bob", "pay-\(number)"))
                    return nil
                }
            }
            for _ in 0..<3 { group.addTask { try await bank.store.closeAccounts(of: "ann") } }
            return try await group.reduce(into: []) { if let outcome = $1 { $0.append(outcome) } }
        }
        let account = try #require(try await bank.store.account(target, of: "ann"))
        #expect(account.status == (outcomes.contains(.closed(accounts: 1)) ? .closed : .open))
        #expect(account.balance.posted == (account.status == .closed ? 0 : 20))
        try await bank.expectBalanced()
    }

    /// The schema of the first release, with a row in it, is carried over.
    @Test func accountsOfBeforeAreOpen() async throws {
        let bank = try await StoreFixture()
        await bank.database.close()
        let old = try await SQLiteDatabase.open(
            path: bank.directory.file("old.sqlite"), migrations: Array(Schema.migrations.prefix(2)))
        try await old.write { transaction in
            _ = try transaction.execute(
                "INSERT INTO accounts (id, owner, currency, created_at) VALUES ('acct_1', 'ann', 'USD', 1)")
        }
        await old.close()
        let new = try await SQLiteDatabase.open(
            path: bank.directory.file("old.sqlite"), migrations: Schema.migrations)
        let store = PaymentsStore(database: new, identifiers: bank.store.identifiers, clock: bank.clock)
        #expect(try await store.account("acct_1", of: "ann")?.status == .open)
        #expect(try await store.closeAccounts(of: "ann") == .closed(accounts: 1))
        await new.close()
    }
}
