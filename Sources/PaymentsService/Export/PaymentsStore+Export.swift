import Storage

extension PaymentsStore {
    /// The entries of all accounts of a user after one, account by account, each from its first on.
    func entries(of user: String, after last: ExportedEntry?, limit: Int) async throws -> [ExportedEntry] {
        try await database.read { reader in
            if let last {
                let rest = try reader.entries(of: last.account, after: last.entry.sequence, limit: limit)
                if !rest.isEmpty { return rest }
            }
            var account = last?.account ?? ""
            while let next = try reader.account(of: user, after: account) {
                let entries = try reader.entries(of: next, after: 0, limit: limit)
                if !entries.isEmpty { return entries }
                account = next
            }
            return []
        }
    }
}

extension Reader {
    fileprivate func account(of user: String, after id: String) throws -> String? {
        try first(
            "SELECT id FROM accounts WHERE owner = ? AND id > ? ORDER BY id LIMIT 1", .text(user), .text(id)
        ) { try $0.string(0) }
    }

    fileprivate func entries(of account: String, after sequence: Int64, limit: Int) throws -> [ExportedEntry] {
        try all(
            """
            SELECT sequence, transfer, amount, balance, created_at
            FROM entries WHERE account = ? AND sequence > ? ORDER BY sequence LIMIT ?
            """, .text(account), .integer(sequence), SQLValue(limit)
        ) { ExportedEntry(account: account, entry: try Entry($0)) }
    }
}
