import Storage

extension Ledger {
    /// Whether the ledger's own account for fees can take that much.
    func canCollect(_ fee: Int64, in currency: String) throws -> Bool {
        try transaction.exists(
            "SELECT 1 FROM accounts WHERE id = ? AND credits_posted <= ? - ?",
            .text(SystemAccount.fees.id(in: currency)), .integer(.max), .integer(fee))
    }

    /// Takes a fee out of what `payment` has just brought into an account; so it is there, also in a frozen account.
    ///
    /// - Parameters:
    ///   - fee: Minor units, at most the payment's amount; 0 takes nothing.
    ///   - id: Of the transfer that moves the fee.
    func collect(_ fee: Int64, of payment: Transfer, id: String) throws {
        guard fee > 0 else { return }
        let transfer = Transfer(
            id: id, debitAccount: payment.creditAccount, creditAccount: SystemAccount.fees.id(in: payment.currency),
            amount: fee, currency: payment.currency, createdAt: payment.createdAt, linkedTo: payment.id)
        try require(
            transfer.debitAccount,
            transaction.execute(
                """
                UPDATE accounts SET debits_posted = debits_posted + ?2, entries = entries + 1,
                    last_entry_at = MAX(last_entry_at, ?3)
                WHERE id = ?1
                """, .text(transfer.debitAccount), .integer(fee), .integer(transfer.createdAt)))
        try require(
            transfer.creditAccount,
            transaction.execute(
                """
                UPDATE accounts SET credits_posted = credits_posted + ?2, entries = entries + 1,
                    last_entry_at = MAX(last_entry_at, ?3)
                WHERE id = ?1
                """, .text(transfer.creditAccount), .integer(fee), .integer(transfer.createdAt)))
        try insert(transfer, kind: "direct", pending: nil)
        try insertEntries(
            of: transfer, debit: posting(to: transfer.debitAccount), credit: posting(to: transfer.creditAccount))
    }
}
