import Storage

extension Ledger {
    /// Opens an empty account, and the ledger's own accounts of its currency when it is the currency's first.
    ///
    /// - Returns: Why it does not.
    func open(_ account: Account) throws -> Refusal? {
        if try transaction.isClosed(user: account.owner) { return .userClosed }
        try transaction.execute(
            "INSERT INTO accounts (id, owner, currency, name, created_at) VALUES (?, ?, ?, ?, ?)",
            .text(account.id), .text(account.owner), .text(account.currency), SQLValue(account.name?.text),
            .integer(account.createdAt))
        try openSystemAccounts(in: account.currency, at: account.createdAt)
        return nil
    }

    /// One after the other only for the first account of a currency: the last one is there when all are.
    private func openSystemAccounts(in currency: String, at now: Int64) throws {
        guard let last = SystemAccount.allCases.last?.id(in: currency),
            try !transaction.exists("SELECT 1 FROM accounts WHERE id = ?", .text(last))
        else { return }
        for system in SystemAccount.allCases {
            try transaction.execute(
                "INSERT INTO accounts (id, currency, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
                .text(system.id(in: currency)), .text(currency), .integer(now))
        }
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
