import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct WithdrawalSagaTests {
    private func order(_ account: String, _ amount: Int64 = 50, currency: String? = nil) -> OperationOrder {
        OperationOrder(
            kind: .withdrawal, account: account, amount: amount, currency: currency, instrument: "bank_ok")
    }

    private func start(_ bank: StoreFixture, _ account: String, key: String = "w") async throws -> ProcessorOperation {
        let start = try await bank.store.start(order(account), for: bank.request(by: "ann", key))
        guard case .started(let withdrawal) = start else { throw Unexpected(start) }
        return withdrawal
    }

    private func refusal(
        _ bank: StoreFixture, _ order: OperationOrder, by owner: String = "ann", key: String = "r"
    ) async throws -> KeyedOutcome {
        let start = try await bank.store.start(order, for: bank.request(by: owner, key))
        guard case .ended(let outcome) = start else { throw Unexpected(start) }
        return outcome
    }

    @Test("What is to leave is reserved first: it cannot be spent, and is not gone")
    func reserved() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann", holding: 80)
        let withdrawal = try await start(bank, account)
        let balance = try await bank.balance(account, of: "ann")
        #expect((balance.posted, balance.pending, balance.available) == (80, -50, 30))
        #expect(try await refusal(bank, order(account, 31)).status == 402)
        try await bank.expectBalanced()

        let ended = try await bank.store.advance(withdrawal, by: .succeeded)
        #expect(ended.status == .succeeded)
        let after = try await bank.balance(account, of: "ann")
        #expect((after.posted, after.pending, after.available) == (30, 0, 30))
        try await bank.expectBalanced()
    }

    @Test("Only a definite refusal gives the money back")
    func declined() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann", holding: 50)
        let processor = ScriptedProcessor(.unknown, .pending, .declined(reason: "account_closed"))
        let saga = ProcessorSaga(store: bank.store, processor: processor)
        _ = try await saga.step(try await start(bank, account))
        #expect(try await bank.balance(account, of: "ann").available == 0)
        for wait in [250, 500] as [Int64] {
            #expect(try await bank.balance(account, of: "ann").available == 0)
            bank.clock.advance(milliseconds: wait)
            #expect(try await saga.resume() == 1)
        }
        #expect(try await bank.balance(account, of: "ann").available == 50)
        #expect(Set(processor.keys).count == 1 && processor.keys.count == 3)
        #expect(try await bank.count("outbox") == 2, "the deposit's event and the withdrawal's")
        try await bank.expectBalanced()
    }

    @Test("A withdrawal that was refused says why, under its key too")
    func refusedAnswer() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann", holding: 50)
        let processor = ScriptedProcessor(.declined(reason: "account_closed"))
        let ended = try await ProcessorSaga(store: bank.store, processor: processor).step(
            try await start(bank, account))
        #expect(ended.failure == "account_closed")
        let replay = try await refusal(bank, order(account), key: "w")
        #expect(replay.status == 422)
        #expect(replay.body.contains(#""code":"withdrawal_declined","reason":"account_closed""#), "\(replay.body)")
    }

    @Test func onlyFromOnesOwnOpenAccountOfTheCurrency() async throws {
        let bank = try await StoreFixture()
        let bob = try await bank.account(of: "bob", holding: 100)
        for target in [bob, "acct_none", "sys_processor_USD", "sys_cash_out_USD"] {
            #expect(try await refusal(bank, order(target)) == .notFound)
        }
        #expect(
            try await refusal(bank, order(bob, currency: "EUR"), by: "bob", key: "e").body.contains("currency_mismatch")
        )
        for (status, code) in [("frozen", "account_frozen"), ("open", "")] {
            try await bank.database.write { transaction in
                _ = try transaction.execute("UPDATE accounts SET status = ? WHERE owner = 'bob'", .text(status))
            }
            guard !code.isEmpty else { continue }
            #expect(try await refusal(bank, order(bob), by: "bob", key: "f").body.contains(code))
        }
        let start = try await bank.store.start(order(bob, currency: "USD"), for: bank.request(by: "bob", "ok"))
        guard case .started(let withdrawal) = start else { throw Unexpected(start) }
        #expect(try await bank.store.operation(withdrawal.id, .withdrawal, of: "bob") == withdrawal)
        #expect(try await bank.store.operation(withdrawal.id, .deposit, of: "bob") == nil)
        #expect(try await bank.store.operation(withdrawal.id, .withdrawal, of: "ann") == nil)
    }

    @Test("A frozen account's withdrawal that is under way ends as the processor says")
    func frozenMeanwhile() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann", holding: 50)
        let withdrawal = try await start(bank, account)
        try await bank.database.write { transaction in
            _ = try transaction.execute("UPDATE accounts SET status = 'frozen' WHERE owner = 'ann'")
        }
        #expect(try await bank.store.advance(withdrawal, by: .succeeded).status == .succeeded)
        #expect(try await bank.balance(account, of: "ann").posted == 0)
        try await bank.expectBalanced()
    }

    @Test("Racing withdrawals never take more than there is")
    func races() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann", holding: 120)
        let saga = ProcessorSaga(store: bank.store, processor: ScriptedProcessor(.succeeded))
        let succeeded = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let start = try await bank.store.start(order(account), for: bank.request(by: "ann", "w\(number)"))
                    guard case .started(let withdrawal) = start else { return 0 }
                    return try await saga.step(withdrawal).status == .succeeded ? 1 : 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(succeeded == 2)
        #expect(try await bank.balance(account, of: "ann").posted == 20)
        try await bank.expectBalanced()
    }

    @Test("What has ended is not touched again by anything")
    func endedIsFinal() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann", holding: 50)
        let ended = try await bank.store.advance(try await start(bank, account), by: .succeeded)
        for outcome in [ProcessorOutcome.declined(reason: "late"), .succeeded, .pending, .unknown] {
            #expect(try await bank.store.advance(ended, by: outcome) == ended)
        }
        for sql: SQL in [
            "UPDATE processor_operations SET status = 'processing' WHERE kind = 'withdrawal'",
            "DELETE FROM processor_operations",
        ] {
            let error = await #expect(throws: DatabaseError.self) {
                try await bank.database.write { _ = try $0.execute(sql) }
            }
            #expect(error?.isConstraint(.trigger) == true, "\(String(describing: error))")
        }
    }
}
