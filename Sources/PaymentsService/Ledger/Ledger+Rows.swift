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

    /// Both entries in one statement: neither is ever there without the other.
    func insertEntries(of transfer: Transfer, debit: Posting, credit: Posting) throws {
        try transaction.execute(
            """
            INSERT INTO entries (account, sequence, transfer, amount, balance, created_at)
            VALUES (?1, ?2, ?3, -?4, ?5, ?6), (?7, ?8, ?3, ?4, ?9, ?10)
            """,
            .text(transfer.debitAccount), .integer(debit.sequence), .text(transfer.id), .integer(transfer.amount),
            .integer(debit.balance), .integer(debit.createdAt), .text(transfer.creditAccount),
            .integer(credit.sequence), .integer(credit.balance), .integer(credit.createdAt))
    }
}
