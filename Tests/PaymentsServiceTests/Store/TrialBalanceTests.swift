import JSON
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct TrialBalanceTests {
    @Test func anEmptyLedgerBalances() async throws {
        let bank = try await StoreFixture()
        let trial = try await bank.store.trialBalance()
        #expect(trial.isBalanced)
        #expect(trial.lines.isEmpty)
    }

    @Test func sumsAreByCurrency() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob")
        _ = try await bank.account(of: "ann", "JPY", holding: 7)
        _ = try await bank.store.pay(
            .init(from: ann, to: bob, 40), to: .account(bob), for: bank.request(by: "ann", "k"))
        let trial = try await bank.store.trialBalance()
        #expect(trial.isBalanced)
        #expect(trial.lines.map(\.currency) == ["JPY", "USD"])
        #expect(trial.lines.map(\.debits) == [7, 140])
        #expect(trial.lines.map(\.credits) == [7, 140])
        #expect(trial.lines.map(\.accounts) == [5, 6])
    }

    @Test(
        "What was tampered with is named",
        arguments: [
            ("UPDATE accounts SET credits_posted = credits_posted + 1 WHERE owner = 'ann'", "credits_posted"),
            ("UPDATE accounts SET debits_posted = 1 WHERE owner = 'ann'", "debits_posted"),
            ("UPDATE accounts SET credits_pending = 3 WHERE owner = 'ann'", "credits_pending"),
            ("UPDATE accounts SET debits_pending = 3 WHERE owner = 'ann'", "debits_pending"),
            ("UPDATE accounts SET entries = 9 WHERE owner = 'ann'", "last_sequence"),
        ])
    func findsFaults(statement: String, field: String) async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        let sql = SQL(assembled: statement)
        try await bank.database.write { _ = try $0.execute(sql) }
        let trial = try await bank.store.trialBalance()
        #expect(!trial.isBalanced)
        #expect(trial.mismatches.contains { $0.account == ann && $0.field == field }, "\(trial)")
    }

    @Test("An entry without its other half is found")
    func halfATransfer() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        try await bank.database.write { transaction in
            _ = try transaction.execute(
                "INSERT INTO entries (account, sequence, transfer, amount, balance, created_at) SELECT ?, 2, id, 5, 105, 0 FROM transfers WHERE kind = 'post'",
                .text(ann))
        }
        let trial = try await bank.store.trialBalance()
        #expect(!trial.isBalanced)
        #expect(trial.unbalancedTransfers.count == 1)
        #expect(trial.lines.first?.difference == 5)
        var json = JSONWriter()
        trial.write(to: &json)
        let document = try JSONValue(parsing: json.bytes)
        #expect(document["balanced"]?.bool == false)
        #expect(document["currencies"]?.array?.first?["difference"]?.integer == 5)
    }
}
