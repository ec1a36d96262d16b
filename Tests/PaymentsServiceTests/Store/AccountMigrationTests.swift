import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// What the accounts of an earlier schema become.
@Suite struct AccountMigrationTests {
    @Test("Accounts keep their state and their place in time, and every currency gets the ledger's own accounts")
    func carriesOver() async throws {
        let bank = try await StoreFixture()
        await bank.database.close()
        let path = bank.directory.file("old.sqlite")
        let old = try await SQLiteDatabase.open(path: path, migrations: Array(Schema.migrations.prefix(4)))
        try await old.write { transaction in
            try transaction.execute(
                """
                INSERT INTO accounts (id, owner, currency, created_at, status, closed_at, entries) VALUES
                    ('acct_1', 'ann', 'USD', 7, 'open', NULL, 2), ('acct_2', 'ann', 'JPY', 8, 'closed', 9, 0),
                    ('sys_processor_USD', NULL, 'USD', 7, 'open', NULL, 0),
                    ('sys_processor_JPY', NULL, 'JPY', 8, 'open', NULL, 0)
                """)
            _ = try transaction.execute(
                """
                INSERT INTO entries (account, sequence, transfer, amount, balance, created_at)
                VALUES ('acct_1', 1, 'trf_1', 5, 5, 100), ('acct_1', 2, 'trf_2', -5, 0, 200)
                """)
        }
        await old.close()
        let new = try await SQLiteDatabase.open(path: path, migrations: Schema.migrations)
        let rows = try await new.read { reader in
            try reader.all("SELECT id, status, last_entry_at, created_at FROM accounts ORDER BY id") { row in
                "\(try row.string(0)) \(try row.string(1)) \(try row.int64(2)) \(try row.int64(3))"
            }
        }
        #expect(
            rows == [
                "acct_1 open 200 7", "acct_2 closed 0 8", "sys_cash_out_JPY open 0 8", "sys_cash_out_USD open 0 7",
                "sys_fees_JPY open 0 8", "sys_fees_USD open 0 7", "sys_processor_JPY open 0 8",
                "sys_processor_USD open 0 7", "sys_suspense_JPY open 0 8", "sys_suspense_USD open 0 7",
            ])
        await new.close()
    }

    @Test("The first account of a currency brings the ledger's own ones, the second none")
    func systemAccounts() async throws {
        let bank = try await StoreFixture()
        _ = try await bank.account(of: "ann")
        let ids = { try await bank.database.read { try $0.all(Self.systemIDs) { try $0.string(0) } } }
        let expected = SystemAccount.allCases.map { $0.id(in: "USD") }.sorted()
        #expect(try await ids() == expected)
        #expect(expected.count == 4)
        _ = try await bank.account(of: "bob")
        #expect(try await ids() == expected)
    }

    private static let systemIDs: SQL = "SELECT id FROM accounts WHERE owner IS NULL ORDER BY id"

    @Test(
        "Names and freezing have their bounds in the database, too",
        arguments: [
            "UPDATE accounts SET name = '' WHERE owner = 'ann'",
            "UPDATE accounts SET name = printf('%065d', 1) WHERE owner = 'ann'",
            "UPDATE accounts SET frozen_by = 'owner' WHERE owner = 'ann'",
            "UPDATE accounts SET status = 'frozen', frozen_by = 'nobody' WHERE owner = 'ann'",
        ])
    func checks(statement: String) async throws {
        let bank = try await StoreFixture()
        _ = try await bank.account(of: "ann")
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) {
            try await bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(.check) == true, "\(String(describing: error))")
    }
}
