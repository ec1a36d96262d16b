import Storage

extension Ledger {
    /// Reserves money of an account of `owner` that is to leave the ledger: it is not available any more, and not gone.
    ///
    /// - Parameter currency: What the account must hold; nil for whatever it does.
    /// - Returns: The pending transfer.
    func reserve(
        id: String, from account: String, ownedBy owner: String, amount: Int64, currency: String?, at now: Int64
    ) throws -> Result<Transfer, Refusal> {
        guard let held = try reserveDebit(account, owner: owner, amount: amount, currency: currency) else {
            return .failure(try refusalToReserve(account, owner, currency))
        }
        let transfer = Transfer(
            id: id, debitAccount: account, creditAccount: SystemAccount.cashOut.id(in: held), amount: amount,
            currency: held, createdAt: now)
        // The ledger's account of a currency that older versions opened may be missing.
        try transaction.execute(
            """
            INSERT INTO accounts (id, currency, credits_pending, created_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET credits_pending = credits_pending + excluded.credits_pending
            """,
            .text(transfer.creditAccount), .text(held), .integer(amount), .integer(now))
        try insert(transfer, kind: "pending", pending: nil)
        return .success(transfer)
    }

    private func reserveDebit(
        _ account: String, owner: String, amount: Int64, currency: String?
    ) throws -> String? {
        try transaction.first(
            """
            UPDATE accounts SET debits_pending = debits_pending + ?2
            WHERE id = ?1 AND owner = ?3 AND status = 'open' AND (?4 IS NULL OR currency = ?4)
                AND credits_posted - debits_posted - debits_pending >= ?2
            RETURNING currency
            """, .text(account), .integer(amount), .text(owner), SQLValue(currency)
        ) { row in try row.string(0) }
    }

    /// Finds out why `reserveDebit` reserved nothing. It runs only then.
    private func refusalToReserve(_ account: String, _ owner: String, _ currency: String?) throws -> Refusal {
        let found = try transaction.first(
            "SELECT status, currency FROM accounts WHERE id = ? AND owner = ?", .text(account), .text(owner)
        ) { row in (status: try Account.Status(row, 0), currency: try row.string(1)) }
        guard let found else { return .accountNotFound }
        if let currency, currency != found.currency { return .currencyMismatch }
        switch found.status {
        case .open: return .insufficientFunds
        case .frozen: return .accountFrozen
        case .closed: return .accountClosed
        }
    }
}
