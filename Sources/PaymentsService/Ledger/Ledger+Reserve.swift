import Storage

extension Ledger {
    /// Reserves money of an account of `owner` for any user's account of the same currency: it is not available any
    /// more, and pending on both sides.
    ///
    /// - Returns: The owner of the account that is to receive.
    func reserve(_ transfer: Transfer, ownedBy owner: String) throws -> Result<String, Refusal> {
        guard transfer.debitAccount != transfer.creditAccount else { return .failure(.sameAccount) }
        guard try reserveDebit(transfer, owner: owner) else { return .failure(try refusal(of: transfer, owner)) }
        let payee = try transaction.first(
            "UPDATE accounts SET credits_pending = credits_pending + ?2 WHERE id = ?1 RETURNING owner",
            .text(transfer.creditAccount), .integer(transfer.amount)
        ) { row in try row.string(0) }
        guard let payee else { throw LedgerError.accountVanished(transfer.creditAccount) }
        try insert(transfer, kind: "pending", pending: nil)
        return .success(payee)
    }

    /// Takes the money out of what is available if the owner has it and the other side can receive it.
    private func reserveDebit(_ transfer: Transfer, owner: String) throws -> Bool {
        try transaction.execute(
            """
            UPDATE accounts SET debits_pending = debits_pending + ?2
            WHERE id = ?1 AND owner = ?3 AND currency = ?4 AND status = 'open'
                AND credits_posted - debits_posted - debits_pending >= ?2
                AND EXISTS (
                    SELECT 1 FROM accounts AS payee
                    WHERE payee.id = ?5 AND payee.currency = ?4 AND payee.owner IS NOT NULL
                        AND payee.status <> 'closed'
                        AND payee.credits_posted <= ?6 - payee.credits_pending - ?2
                )
            """,
            .text(transfer.debitAccount), .integer(transfer.amount), .text(owner), .text(transfer.currency),
            .text(transfer.creditAccount), .integer(.max)) == 1
    }
}
