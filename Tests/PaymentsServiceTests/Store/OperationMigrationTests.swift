import Chassis
import Logging
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct OperationMigrationTests {
    private func open(_ path: String, _ migrations: [Migration]) async throws -> SQLiteDatabase {
        var options = SQLiteOptions()
        options.logger.logLevel = .warning
        return try await SQLiteDatabase.open(path: path, migrations: migrations, options: options)
    }

    @Test("Deposits of an older version are there, and those under way are resumed")
    func deposits() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("payments.sqlite")
        let number = try #require(Schema.migrations.first { $0.name.hasPrefix("deposits and withdrawals") }).number
        let old = try await open(path, Schema.migrations.filter { $0.number < number })
        try await old.write { transaction in
            for (id, owner) in [("acct_a", SQLValue.text("ann")), ("sys_processor_USD", .null)] {
                try transaction.execute(
                    "INSERT INTO accounts (id, owner, currency, created_at) VALUES (?, ?, 'USD', 1)", .text(id), owner)
            }
            try transaction.execute("UPDATE accounts SET credits_pending = 7 WHERE id = 'acct_a'")
            try transaction.execute("UPDATE accounts SET debits_pending = 7 WHERE id <> 'acct_a'")
            for (name, end) in [("1", ""), ("2", "void")] {
                try transaction.execute(
                    "INSERT INTO transfers VALUES (?, 'pending', 'sys_processor_USD', 'acct_a', 7, 'USD', NULL, 1)",
                    .text("trf_\(name)"))
                guard !end.isEmpty else { continue }
                try transaction.execute(
                    "INSERT INTO transfers VALUES ('trf_e', ?, 'sys_processor_USD', 'acct_a', 7, 'USD', ?, 1)",
                    .text(end), .text("trf_\(name)"))
            }
            try transaction.execute(
                """
                INSERT INTO deposits VALUES
                    ('dep_1', 'ann', 'processing', 'acct_a', 7, 'USD', 'card_slow', NULL, 'trf_1', 3, 9, 'k', 'r', 't', 1),
                    ('dep_2', 'ann', 'failed', 'acct_a', 7, 'USD', 'card_declined', 'no', 'trf_2', 1, 9, 'l', 'r', 't', 1)
                """)
        }
        await old.close()

        let database = try await open(path, Schema.migrations)
        let store = PaymentsStore(
            database: database, identifiers: SequentialIdentifierGenerator(), clock: ManualWallClock())
        let deposits = try await store.operations(.deposit, of: "ann", before: nil, limit: 10)
        #expect(deposits.map(\.id) == ["dep_2", "dep_1"])
        #expect(deposits.map(\.instrument) == ["card_declined", "card_slow"])
        #expect(deposits.map(\.failure) == ["no", nil] && deposits.map(\.attempts) == [1, 3])
        let processor = ScriptedProcessor(.succeeded)
        #expect(try await ProcessorSaga(store: store, processor: processor).resume(all: true) == 1)
        #expect(processor.keys == ["dep_1:charge"], "the key is the one that older versions used")
        #expect(try await store.account("acct_a", of: "ann")?.balance.posted == 7)
        #expect(try await store.trialBalance().isBalanced)
    }
}
