import Storage

extension Ledger {
    /// Opens an empty account, and the ledger's own accounts of its currency when it is the currency's first.
    ///
    /// - Returns: Why it does not.
    func open(_ account: Account) throws -> Refusal? {
        if try transaction.isClosed(user: account.owner) { return .userClosed }
        try transaction.execute(
            "INSERT INTO accounts (id, owner, currency, created_at) VALUES (?, ?, ?, ?)",
            .text(account.id), .text(account.owner), .text(account.currency), .integer(account.createdAt))
        for system in SystemAccount.allCases {
            try transaction.execute(
                "INSERT INTO accounts (id, currency, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
                .text(system.id(in: account.currency)), .text(account.currency), .integer(account.createdAt))
        }
        return nil
    }

    /// The account of `owner` that receives what is paid to them in `currency`: the first one they opened and
    /// did not close.
    func receivingAccount(of owner: String, in currency: String) throws -> String? {
        try transaction.first(
            "SELECT id FROM accounts WHERE owner = ? AND currency = ? AND status <> 'closed' ORDER BY id LIMIT 1",
            .text(owner), .text(currency)
        ) { row in try row.string(0) }
    }
}
