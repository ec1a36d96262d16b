import Storage

extension PaymentsStore {
    /// The statement of an account of `owner`, without its entries; nil when there is no such account.
    func statement(of account: String, of owner: String, for period: StatementPeriod) async throws -> Statement? {
        try await database.read { reader in
            guard let found = try reader.account(account, of: owner) else { return nil }
            let count = try reader.first("SELECT entries FROM accounts WHERE id = ?", .text(account)) {
                try $0.int64(0)
            }
            let history = EntryHistory(reader: reader, account: account, count: count ?? 0)
            let (before, last) = (
                try history.last(before: period.from), try history.last(before: period.to)
            )
            return Statement(
                account: found, period: period, before: before, last: last,
                opening: try history.balance(after: before), closing: try history.balance(after: last))
        }
    }

    /// The entries of a statement after one of them, in order.
    func entries(of statement: Statement, after sequence: Int64?, limit: Int) async throws -> [Entry] {
        try await database.read { reader in
            try reader.all(
                """
                SELECT sequence, transfer, amount, balance, created_at
                FROM entries WHERE account = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?
                """, .text(statement.account.id), .integer(sequence ?? statement.before), .integer(statement.last),
                SQLValue(limit), map: Entry.init)
        }
    }
}

/// The entries of one account, numbered without gaps in the order of their times: what was when is found by halving,
/// without an index that every payment would have to write.
private struct EntryHistory {
    let reader: any Reader
    let account: String
    let count: Int64

    /// The number of the last entry made before `time`; 0 when there is none.
    func last(before time: Int64) throws -> Int64 {
        var (low, high): (Int64, Int64) = (0, count)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if try value("SELECT created_at FROM entries WHERE account = ? AND sequence = ?", middle) < time {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low
    }

    /// The posted balance once the entry of this number was made.
    func balance(after sequence: Int64) throws -> Int64 {
        guard sequence > 0 else { return 0 }
        return try value("SELECT balance FROM entries WHERE account = ? AND sequence = ?", sequence)
    }

    private func value(_ sql: SQL, _ sequence: Int64) throws -> Int64 {
        guard let value = try reader.first(sql, .text(account), .integer(sequence), map: { try $0.int64(0) }) else {
            throw LedgerError.entryVanished(account, sequence)
        }
        return value
    }
}
