import Chassis
import Storage

extension PaymentsStore {
    /// Opens an account, at most once where the request carries a key.
    ///
    /// - Throws: `Problem` 409 `account_closed` to a request without a key, when the user opens no more accounts.
    func openAccount(in currency: Currency, for owner: String, once request: KeyedRequest?) async throws -> KeyedOutcome
    {
        let now = clock.now
        let account = Account(
            id: identifiers.make("acct"), owner: owner, currency: currency.code, balance: Balance(), createdAt: now)
        let answer = StoredAnswer(status: 201, body: account.json, location: "/v1/accounts/\(account.id)")
        return try await database.write { transaction in
            let open = { () throws -> Result<StoredAnswer, Refusal> in
                if let refusal = try Ledger(transaction: transaction).open(account) { return .failure(refusal) }
                return .success(answer)
            }
            if let request { return try transaction.once(request, at: now, open) }
            switch try open() {
            case .success(let answer): return .answered(answer)
            case .failure(let refusal): throw refusal.problem
            }
        }
    }

    /// The account, when it belongs to `owner`.
    func account(_ id: String, of owner: String) async throws -> Account? {
        try await database.lookup { reader in
            try reader.first(
                """
                SELECT id, owner, currency, status, credits_posted, debits_posted, credits_pending, debits_pending,
                    created_at, closed_at
                FROM accounts WHERE id = ? AND owner = ?
                """, .text(id), .text(owner), map: Account.init)
        }
    }

    /// The accounts of `owner`, newest first, older than `before`.
    func accounts(of owner: String, before: String?, limit: Int) async throws -> [Account] {
        try await database.read { reader in
            try reader.all(
                """
                SELECT id, owner, currency, status, credits_posted, debits_posted, credits_pending, debits_pending,
                    created_at, closed_at
                FROM accounts WHERE owner = ? AND id < ? ORDER BY id DESC LIMIT ?
                """, .text(owner), .text(before ?? Self.afterEveryID), .integer(Int64(limit)), map: Account.init)
        }
    }

    /// The entries of an account of `owner`, newest first, older than the sequence number `before`; nil when there is
    /// no such account.
    func entries(of account: String, of owner: String, before: Int64?, limit: Int) async throws -> [Entry]? {
        try await database.read { reader in
            guard try reader.exists("SELECT 1 FROM accounts WHERE id = ? AND owner = ?", .text(account), .text(owner))
            else { return nil }
            return try reader.all(
                """
                SELECT sequence, transfer, amount, balance, created_at
                FROM entries WHERE account = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?
                """, .text(account), .integer(before ?? .max), .integer(Int64(limit)), map: Entry.init)
        }
    }
}

extension Account {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.string(0), owner: try row.string(1), currency: try row.string(2),
            status: try Status(row, 3), balance: try Balance(row, startingAt: 4), createdAt: try row.int64(8),
            closedAt: try row.optionalInt64(9))
    }
}

extension Entry {
    init(_ row: Row) throws {
        self.init(
            sequence: try row.int64(0), transfer: try row.string(1), amount: try row.int64(2),
            balance: try row.int64(3), createdAt: try row.int64(4))
    }
}
