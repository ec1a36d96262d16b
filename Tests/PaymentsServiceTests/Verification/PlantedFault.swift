import Testing

/// Damage to a healthy database, and what must be found then. Exactly that: who reads a finding must be able to believe it.
struct PlantedFault: Sendable, CustomTestStringConvertible {
    let finding: String
    let rows: Int
    /// Statements; `A` and `B` are the accounts of ``HealthyBank``.
    let sql: String
    /// What else is found, or may be: SQLite looks at CHECK constraints again only where it may write.
    var others: Set<String> = []

    var testDescription: String { "\(finding): \(sql)" }

    init(_ finding: String, rows: Int = 1, others: Set<String> = [], _ sql: String) {
        (self.finding, self.rows, self.others, self.sql) = (finding, rows, others, sql)
    }

    func also(_ others: String...) -> PlantedFault {
        var fault = self
        fault.others.formUnion(others)
        return fault
    }

    /// At least one for each invariant.
    static let all =
        ofStorage + ofLedger + ofAccounts + ofOperations + ofRefunds + ofKeys + ofEvents + ofWebhooks

    private static let ofStorage = [
        // As if it had been there when the rows were written.
        PlantedFault(
            "integrity", rows: 7,
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'description TEXT', 'description TEXT NOT NULL')
            WHERE name = 'payments';
            PRAGMA writable_schema = RESET
            """),
        PlantedFault(
            "foreign_keys",
            "CREATE TABLE notes (account TEXT REFERENCES accounts (id)); INSERT INTO notes VALUES ('acct_none')"),
    ]

    private static let ofLedger = [
        // What was refunded last never happened, as far as its accounts know.
        PlantedFault(
            "double_entry",
            """
            DELETE FROM entries WHERE transfer = (SELECT transfer FROM refunds WHERE amount = 8);
            UPDATE accounts SET entries = entries - 1, credits_posted = credits_posted - 8 WHERE id = 'A';
            UPDATE accounts SET entries = entries - 1, debits_posted = debits_posted - 8 WHERE id = 'B'
            """),
        // Two payments have each other's entries.
        PlantedFault(
            "entries_match_transfers", rows: 4,
            """
            UPDATE entries SET transfer = (
                SELECT transfer FROM payments WHERE amount = 70 - ABS(entries.amount)
            ) WHERE ABS(amount) IN (30, 40)
            """),
        PlantedFault("transfer_currencies", rows: 13, "UPDATE accounts SET currency = 'JPY' WHERE id = 'A'"),
        PlantedFault("transfer_endings", "UPDATE transfers SET amount = 4 WHERE kind = 'void' AND amount = 5"),
        PlantedFault(
            "transfer_causes", rows: 2,
            """
            INSERT INTO transfers SELECT 'trf_x', kind, debit_account, credit_account, 9, currency, NULL, 0, NULL
                FROM transfers WHERE kind = 'pending' LIMIT 1;
            INSERT INTO transfers SELECT 'trf_y', 'void', debit_account, credit_account, 9, currency, id, 0, NULL
                FROM transfers WHERE id = 'trf_x'
            """),
        PlantedFault("posted_totals", "UPDATE accounts SET credits_posted = credits_posted + 1 WHERE id = 'B'"),
        PlantedFault("posted_totals", "UPDATE accounts SET debits_posted = debits_posted + 1 WHERE id = 'B'"),
        PlantedFault("pending_totals", "UPDATE accounts SET credits_pending = credits_pending + 1 WHERE id = 'B'"),
        PlantedFault("pending_totals", "UPDATE accounts SET debits_pending = 1 WHERE id = 'B'"),
        PlantedFault("entry_numbers", rows: 2, "UPDATE accounts SET entries = entries + 1 WHERE id = 'B'"),
        PlantedFault(
            "entry_numbers", "UPDATE entries SET sequence = 99 WHERE account = 'B' AND sequence = 9"),
        PlantedFault(
            "running_balances", rows: 2,
            "UPDATE entries SET balance = balance + 1 WHERE account = 'B' AND sequence = 1"),
        PlantedFault(
            "entry_times", "UPDATE entries SET created_at = created_at + 1 WHERE account = 'A' AND sequence = 1"),
        PlantedFault("entry_times", "UPDATE accounts SET last_entry_at = 1 WHERE id = 'A'"),
    ]

    private static let ofAccounts = [
        PlantedFault(
            "overdrafts", others: ["integrity", "system_accounts"],
            "UPDATE accounts SET owner = 'eve' WHERE id = 'sys_processor_JPY'"),
        PlantedFault(
            "closed_accounts", others: ["integrity"],
            "UPDATE accounts SET status = 'closed', closed_at = 1 WHERE id = 'B'"),
        PlantedFault(
            "closed_users", rows: 2, others: ["webhook_endpoints"], "INSERT INTO closed_users VALUES ('bob', 1)"),
        PlantedFault("system_accounts", "DELETE FROM accounts WHERE id = 'sys_suspense_USD'"),
        PlantedFault("payment_days", "INSERT INTO payment_days VALUES (1, 'ann', 'USD', 1, 1)"),
        PlantedFault("payment_days", "UPDATE payment_days SET amount = amount + 1"),
    ]
}
