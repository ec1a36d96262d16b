import Storage

/// The double-entry ledger, inside a transaction of the caller's.
///
/// A method that returns a refusal has changed nothing. Every change of an account's totals is one guarded UPDATE: what
/// the guard reads cannot change before the totals do.
struct Ledger {
    let transaction: any Transaction

    /// Moves money at once from an account of `owner` to any user's account of the same currency.
    ///
    /// - Returns: The owner of the account that received.
    func move(_ transfer: Transfer, ownedBy owner: String) throws -> Result<String, Refusal> {
        guard transfer.debitAccount != transfer.creditAccount else { return .failure(.sameAccount) }
        guard let debit = try debit(transfer, owner: owner) else { return .failure(try refusal(of: transfer, owner)) }
        let (credit, payee) = try credit(transfer)
        try insert(transfer, kind: "direct", pending: nil)
        try insertEntries(of: transfer, debit: debit, credit: credit)
        return .success(payee)
    }

    /// Takes the money if the owner has it and the other side can receive it, else returns nil.
    private func debit(_ transfer: Transfer, owner: String) throws -> Posting? {
        let debited = try transaction.execute(
            """
            UPDATE accounts SET debits_posted = debits_posted + ?2, entries = entries + 1,
                last_entry_at = MAX(last_entry_at, ?7)
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
            .text(transfer.creditAccount), .integer(.max), .integer(transfer.createdAt))
        return debited == 1 ? try posting(to: transfer.debitAccount) : nil
    }

    private func credit(_ transfer: Transfer) throws -> (Posting, owner: String) {
        let credited = try transaction.execute(
            """
            UPDATE accounts SET credits_posted = credits_posted + ?2, entries = entries + 1,
                last_entry_at = MAX(last_entry_at, ?3)
            WHERE id = ?1
            """,
            .text(transfer.creditAccount), .integer(transfer.amount), .integer(transfer.createdAt))
        guard credited == 1 else { throw LedgerError.accountVanished(transfer.creditAccount) }
        let found = try transaction.first(Self.ownedPosting, .text(transfer.creditAccount)) { row in
            (try Self.posting(row), owner: try row.string(3))
        }
        guard let found else { throw LedgerError.accountVanished(transfer.creditAccount) }
        return found
    }

    /// What the last movement has made of an account, once its totals are changed.
    ///
    /// A statement of its own: for RETURNING, SQLite builds a table for the row, which costs several times as much as
    /// looking it up (docs/decisions/0002-group-commit.md).
    func posting(to account: String) throws -> Posting {
        guard let found = try transaction.first(Self.ownedPosting, .text(account), map: Self.posting) else {
            throw LedgerError.accountVanished(account)
        }
        return found
    }

    private static let ownedPosting: SQL =
        "SELECT entries, credits_posted - debits_posted, last_entry_at, owner FROM accounts WHERE id = ?"

    /// Finds out why nothing was taken. It runs only then.
    func refusal(of transfer: Transfer, _ owner: String) throws -> Refusal {
        guard let source = try side(transfer.debitAccount), source.owner == owner else { return .accountNotFound }
        guard let payee = try side(transfer.creditAccount), payee.owner != nil else { return .unknownPayee }
        guard source.currency == transfer.currency, payee.currency == transfer.currency else {
            return .currencyMismatch
        }
        if let refusal = source.refusalToPay { return refusal }
        if payee.status == .closed { return .payeeAccountClosed }
        return source.balance.available < transfer.amount ? .insufficientFunds : .balanceLimit
    }

    private struct Side {
        let owner: String?
        let currency: String
        let status: Account.Status
        let balance: Balance

        var refusalToPay: Refusal? {
            switch status {
            case .open: nil
            case .frozen: .accountFrozen
            case .closed: .accountClosed
            }
        }
    }

    private func side(_ account: String) throws -> Side? {
        try transaction.first(
            """
            SELECT owner, currency, status, credits_posted, debits_posted, credits_pending, debits_pending
            FROM accounts WHERE id = ?
            """, .text(account)
        ) { row in
            Side(
                owner: try row.optionalString(0), currency: try row.string(1), status: try Account.Status(row, 2),
                balance: try Balance(row, startingAt: 3))
        }
    }

    private static func posting(_ row: Row) throws -> Posting {
        Posting(sequence: try row.int64(0), balance: try row.int64(1), createdAt: try row.int64(2))
    }
}

/// The ledger contradicts itself: a defect or damage, never the fault of a request.
enum LedgerError: Error, Sendable {
    case accountVanished(String)
    case transferVanished(String)
    case entryVanished(String, Int64)
    case paymentVanished(String)
    case paymentHasNotEnded(String)
}

extension Account.Status {
    init(_ row: Row, _ column: Int) throws {
        let text = try row.string(column)
        guard let status = Self(rawValue: text) else { throw UnknownStatus(text: text) }
        self = status
    }
}

extension Balance {
    /// Reads the four totals in the order of the schema.
    init(_ row: Row, startingAt column: Int) throws {
        self.init(
            creditsPosted: try row.int64(column), debitsPosted: try row.int64(column + 1),
            creditsPending: try row.int64(column + 2), debitsPending: try row.int64(column + 3))
    }
}
