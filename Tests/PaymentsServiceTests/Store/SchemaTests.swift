import Storage
import Testing

@testable import PaymentsService

/// What the database itself refuses, whatever the program above it does.
@Suite struct SchemaTests {
    @Test(
        "Transfers and entries are facts",
        arguments: [
            "UPDATE transfers SET amount = amount + 1", "DELETE FROM transfers",
            "UPDATE entries SET amount = amount + 1", "UPDATE entries SET created_at = 0", "DELETE FROM entries",
            "DELETE FROM accounts",
        ])
    func immutable(statement: String) async throws {
        let bank = try await StoreFixture()
        _ = try await bank.account(of: "ann", holding: 10)
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) {
            try await bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(.trigger) == true, "\(String(describing: error))")
        try await bank.expectBalanced()
    }

    @Test(
        "No user's account goes below zero, no total does",
        arguments: [
            "UPDATE accounts SET debits_posted = debits_posted + 11 WHERE owner = 'ann'",
            "UPDATE accounts SET debits_pending = 11 WHERE owner = 'ann'",
            "UPDATE accounts SET debits_posted = 5, debits_pending = 6 WHERE owner = 'ann'",
            "UPDATE accounts SET credits_posted = 9 - 1, debits_pending = 9 WHERE owner = 'ann'",
            "UPDATE accounts SET credits_pending = -1 WHERE owner = 'ann'",
            "UPDATE accounts SET debits_posted = -1 WHERE owner IS NULL",
        ])
    func checks(statement: String) async throws {
        let bank = try await StoreFixture()
        _ = try await bank.account(of: "ann", holding: 10)
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) {
            try await bank.database.write { try $0.execute(sql) }
        }
        #expect(error?.isConstraint(.check) == true, "\(String(describing: error))")
    }

    @Test("The ledger's own accounts may go negative")
    func systemAccounts() async throws {
        let bank = try await StoreFixture()
        _ = try await bank.account(of: "ann", holding: 10)
        let posted = try await bank.database.read { reader in
            try reader.first(
                "SELECT credits_posted - debits_posted FROM accounts WHERE id = 'sys_processor_USD'"
            ) { try $0.int64(0) }
        }
        #expect(posted == -10)
    }

    @Test(
        "What is inserted with every payment fills no ephemeral table",
        arguments: [
            """
            INSERT INTO transfers (id, kind, debit_account, credit_account, amount, currency, created_at)
            VALUES ('t', 'direct', 'a', 'b', 1, 'USD', 1)
            """,
            """
            INSERT INTO payments (id, status, source, destination, source_owner, destination_owner, amount, currency,
                transfer, created_at) VALUES ('p', 'succeeded', 'a', 'b', 'c', 'd', 1, 'USD', 't', 1)
            """,
            "INSERT INTO entries (account, sequence, transfer, amount, balance, created_at) VALUES ('a', 1, 't', 1, 1, 1)",
            "INSERT INTO outbox (id, type, owner, data, created_at) VALUES ('e', 't', 'o', x'00', 1)",
            "UPDATE accounts SET debits_posted = debits_posted + 1, entries = entries + 1 WHERE id = 'a'",
        ])
    func ephemeralTables(statement: String) async throws {
        let bank = try await StoreFixture()
        let sql = SQL(assembled: "EXPLAIN \(statement)")
        // It is only explained; but SQLite counts it as a write.
        let operations = try await bank.database.write { try $0.all(sql) { try $0.string(1) } }
        #expect(operations.count > 10 && !operations.contains { $0.hasPrefix("OpenEphemeral") })
    }

    @Test(
        "There are five kinds of transfers and four states of payments",
        arguments: [
            "INSERT INTO transfers (id, kind, debit_account, credit_account, amount, currency, created_at) "
                + "VALUES ('t', 'other', 'a', 'b', 1, 'USD', 1)",
            "INSERT INTO transfers (id, kind, debit_account, credit_account, amount, currency, created_at) "
                + "VALUES ('t', 'post', 'a', 'b', 1, 'USD', 1)",
            "INSERT INTO transfers (id, kind, debit_account, credit_account, amount, currency, created_at, pending_transfer) "
                + "VALUES ('t', 'direct', 'a', 'b', 1, 'USD', 1, 't')",
            "INSERT INTO payments (id, status, source, destination, source_owner, destination_owner, amount, currency, "
                + "transfer, created_at, captured) VALUES ('p', 'other', 'a', 'b', 'c', 'd', 1, 'USD', 't', 1, 0)",
        ])
    func kinds(statement: String) async throws {
        let bank = try await StoreFixture()
        let sql = SQL(assembled: statement)
        let error = await #expect(throws: DatabaseError.self) { try await bank.database.write { try $0.execute(sql) } }
        #expect(error?.isConstraint(.check) == true, "\(String(describing: error))")
    }

    @Test("A pending transfer ends once")
    func pendingEndsOnce() async throws {
        let bank = try await StoreFixture()
        _ = try await bank.account(of: "ann", holding: 10)
        let error = await #expect(throws: DatabaseError.self) {
            try await bank.database.write { transaction in
                try transaction.execute(
                    """
                    INSERT INTO transfers (id, kind, debit_account, credit_account, amount, currency, pending_transfer,
                        created_at)
                    SELECT 'trf_again', 'void', debit_account, credit_account, amount, currency,
                        id, created_at FROM transfers WHERE kind = 'pending'
                    """)
            }
        }
        #expect(error?.isConstraint(.unique) == true, "\(String(describing: error))")
    }
}
