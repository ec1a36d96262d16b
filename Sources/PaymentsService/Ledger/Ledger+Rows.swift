import Storage

extension Ledger {
    func insert(_ transfer: Transfer, kind: String, pending: String?) throws {
        try transaction.execute(
            """
            INSERT INTO transfers
                (id, kind, debit_account, credit_account, amount, currency, pending_transfer, created_at,
                linked_transfer)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(transfer.id), .text(kind), .text(transfer.debitAccount), .text(transfer.creditAccount),
            .integer(transfer.amount), .text(transfer.currency), SQLValue(pending), .integer(transfer.createdAt),
            SQLValue(transfer.linkedTo))
    }

    /// Both entries. One statement for the two would have SQLite gather them in an ephemeral table first.
    func insertEntries(of transfer: Transfer, debit: Posting, credit: Posting) throws {
        try insertEntry(of: transfer, in: transfer.debitAccount, amount: -transfer.amount, debit)
        try insertEntry(of: transfer, in: transfer.creditAccount, amount: transfer.amount, credit)
    }

    private func insertEntry(of transfer: Transfer, in account: String, amount: Int64, _ posting: Posting) throws {
        try transaction.execute(
            "INSERT INTO entries (account, sequence, transfer, amount, balance, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            .text(account), .integer(posting.sequence), .text(transfer.id), .integer(amount), .integer(posting.balance),
            .integer(posting.createdAt))
    }
}
