import Storage

/// Two-phase transfers: money is reserved first, and moved or released later. Every phase is a row of its own.
extension Ledger {
    /// Announces money that is on its way from the processor into an account of `owner`: it is pending there, and
    /// not available.
    ///
    /// - Returns: The pending transfer.
    func expect(
        id: String, into account: String, ownedBy owner: String, amount: Int64, at now: Int64
    ) throws -> Result<Transfer, Refusal> {
        guard let currency = try expectCredit(account, owner: owner, amount: amount) else {
            return .failure(try refusal(of: account, owner))
        }
        let transfer = Transfer(
            id: id, debitAccount: SystemAccount.processor.id(in: currency), creditAccount: account, amount: amount,
            currency: currency, createdAt: now)
        try require(
            transfer.debitAccount,
            transaction.execute(
                "UPDATE accounts SET debits_pending = debits_pending + ?2 WHERE id = ?1",
                .text(transfer.debitAccount), .integer(amount)))
        try insert(transfer, kind: "pending", pending: nil)
        return .success(transfer)
    }

    /// Makes a pending transfer final, all of it or a part; the rest is released.
    ///
    /// - Parameter amount: Minor units, at most the pending ones; all of them when nil.
    /// - Returns: The transfer that moved it.
    @discardableResult
    func post(_ pending: Transfer, id: String, amount: Int64? = nil, at now: Int64) throws -> Transfer {
        let transfer = pending.next(id: id, amount: amount, at: now)
        try require(
            pending.debitAccount,
            transaction.execute(
                """
                UPDATE accounts SET debits_pending = debits_pending - ?2, debits_posted = debits_posted + ?4,
                    entries = entries + 1, last_entry_at = MAX(last_entry_at, ?3)
                WHERE id = ?1
                """, .text(pending.debitAccount), .integer(pending.amount), .integer(now), .integer(transfer.amount)))
        try require(
            pending.creditAccount,
            transaction.execute(
                """
                UPDATE accounts SET credits_pending = credits_pending - ?2, credits_posted = credits_posted + ?4,
                    entries = entries + 1, last_entry_at = MAX(last_entry_at, ?3)
                WHERE id = ?1
                """, .text(pending.creditAccount), .integer(pending.amount), .integer(now), .integer(transfer.amount)))
        try insert(transfer, kind: "post", pending: pending.id)
        try insertEntries(
            of: transfer, debit: posting(to: pending.debitAccount), credit: posting(to: pending.creditAccount))
        return transfer
    }

    /// Releases what a pending transfer reserved.
    func void(_ pending: Transfer, id: String, at now: Int64) throws {
        try release(pending, id: id, kind: "void", at: now)
    }

    /// Releases what a pending transfer reserved, because its time is over.
    func expire(_ pending: Transfer, id: String, at now: Int64) throws {
        try release(pending, id: id, kind: "expire", at: now)
    }

    private func release(_ pending: Transfer, id: String, kind: String, at now: Int64) throws {
        try require(
            pending.debitAccount,
            transaction.execute(
                "UPDATE accounts SET debits_pending = debits_pending - ?2 WHERE id = ?1",
                .text(pending.debitAccount), .integer(pending.amount)))
        try require(
            pending.creditAccount,
            transaction.execute(
                "UPDATE accounts SET credits_pending = credits_pending - ?2 WHERE id = ?1",
                .text(pending.creditAccount), .integer(pending.amount)))
        try insert(pending.next(id: id, at: now), kind: kind, pending: pending.id)
    }

    /// The transfer with this id.
    func transfer(_ id: String) throws -> Transfer {
        let transfer = try transaction.first(
            "SELECT debit_account, credit_account, amount, currency, created_at FROM transfers WHERE id = ?", .text(id)
        ) { row in
            Transfer(
                id: id, debitAccount: try row.string(0), creditAccount: try row.string(1), amount: try row.int64(2),
                currency: try row.string(3), createdAt: try row.int64(4))
        }
        guard let transfer else { throw LedgerError.transferVanished(id) }
        return transfer
    }

    private func expectCredit(_ account: String, owner: String, amount: Int64) throws -> String? {
        try transaction.first(
            """
            UPDATE accounts SET credits_pending = credits_pending + ?2
            WHERE id = ?1 AND owner = ?3 AND status <> 'closed' AND credits_posted <= ?4 - credits_pending - ?2
            RETURNING currency
            """, .text(account), .integer(amount), .text(owner), .integer(.max)
        ) { row in try row.string(0) }
    }

    /// Finds out why `expectCredit` expects nothing. It runs only then.
    private func refusal(of account: String, _ owner: String) throws -> Refusal {
        let status = try transaction.first(
            "SELECT status FROM accounts WHERE id = ? AND owner = ?", .text(account), .text(owner)
        ) { row in try Account.Status(row, 0) }
        guard let status else { return .accountNotFound }
        return status == .closed ? .accountClosed : .balanceLimit
    }

    /// - Throws: ``LedgerError`` unless a statement about an account has changed it.
    func require(_ account: String, _ changed: Int) throws {
        guard changed == 1 else { throw LedgerError.accountVanished(account) }
    }
}

extension Transfer {
    /// The row that ends this pending transfer.
    fileprivate func next(id: String, amount: Int64? = nil, at now: Int64) -> Transfer {
        Transfer(
            id: id, debitAccount: debitAccount, creditAccount: creditAccount, amount: amount ?? self.amount,
            currency: currency, createdAt: now)
    }
}
