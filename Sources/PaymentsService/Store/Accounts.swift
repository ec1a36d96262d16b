import Chassis
import Storage

extension PaymentsStore {
    /// Opens an account, at most once where the request carries a key.
    ///
    /// - Throws: `Problem` 409 `account_closed` to a request without a key, when the user opens no more accounts.
    func openAccount(
        in currency: Currency, named name: AccountName? = nil, for owner: String, once request: KeyedRequest?
    ) async throws -> KeyedOutcome {
        let now = clock.now
        let account = Account(
            id: identifiers.make("acct"), owner: owner, currency: currency.code, name: name, balance: Balance(),
            createdAt: now)
        let answer = StoredAnswer(status: 201, body: account.json, location: "/v1/accounts/\(account.id)")
        return try await database.write { transaction in
            try transaction.perform(request, at: now) {
                if let refusal = try Ledger(transaction: transaction).open(account) { return .failure(refusal) }
                return .success(answer)
            }
        }
    }

    /// The account, when it belongs to `owner`.
    func account(_ id: String, of owner: String) async throws -> Account? {
        try await database.lookup { reader in
            try reader.account(id, of: owner)
        }
    }

    /// The account, whosever it is.
    func account(_ id: String) async throws -> Account? {
        try await database.lookup { reader in try reader.account(id) }
    }

    /// The accounts of `owner`, newest first, older than `before`.
    func accounts(of owner: String, before: String?, limit: Int) async throws -> [Account] {
        try await database.read { reader in
            try reader.all(
                Account.ofOwner, .text(owner), .text(before ?? Self.afterEveryID), SQLValue(limit), map: Account.init)
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

extension Reader {
    /// The account, when it belongs to `owner`.
    func account(_ id: String, of owner: String) throws -> Account? {
        try first(Account.ofBoth, .text(id), .text(owner), map: Account.init)
    }

    /// The account, whosever it is; the ledger's own ones are nobody's.
    func account(_ id: String) throws -> Account? {
        try first(Account.ofID, .text(id), map: Account.init)
    }
}

extension Account {
    private static let columns: SQL = """
        SELECT id, owner, currency, status, credits_posted, debits_posted, credits_pending, debits_pending,
            created_at, closed_at, name, frozen_by, version
        FROM accounts
        """
    fileprivate static let ofBoth = columns + " WHERE id = ? AND owner = ?"
    fileprivate static let ofID = columns + " WHERE id = ? AND owner IS NOT NULL"
    fileprivate static let ofOwner = columns + " WHERE owner = ? AND id < ? ORDER BY id DESC LIMIT ?"

    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.string(0), owner: try row.string(1), currency: try row.string(2),
            name: try row.optionalString(10).map(AccountName.init(stored:)), status: try Status(row, 3),
            frozenBy: try row.optionalString(11).map(Keeper.init(stored:)), balance: try Balance(row, startingAt: 4),
            createdAt: try row.int64(8), closedAt: try row.optionalInt64(9), version: try row.int64(12))
    }
}

extension Account.Keeper {
    fileprivate init(stored text: String) throws {
        guard let keeper = Self(rawValue: text) else { throw UnknownStatus(text: text) }
        self = keeper
    }
}

extension Entry {
    init(_ row: Row) throws {
        self.init(
            sequence: try row.int64(0), transfer: try row.string(1), amount: try row.int64(2),
            balance: try row.int64(3), createdAt: try row.int64(4))
    }
}
