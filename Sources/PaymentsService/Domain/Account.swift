/// An account of a user: the owner's money in one currency.
struct Account: Sendable, Hashable {
    enum Status: String, Sendable {
        case open
        /// Money comes in, and none goes out.
        case frozen
        /// Empty, and for good.
        case closed
    }

    /// `acct_…`
    let id: String
    /// The user (`usr_…`) that it belongs to.
    let owner: String
    let currency: String
    /// What the owner calls it.
    var name: AccountName?
    var status = Status.open
    /// Who froze it, when it is frozen.
    var frozenBy: Keeper?
    let balance: Balance
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// Milliseconds since 1970; when it is closed.
    var closedAt: Int64?
    /// One more with each change of name or status; movements of money do not count.
    var version: Int64 = 1
}

/// One line of an account's history.
struct Entry: Sendable, Hashable {
    /// 1 for the account's first entry, without gaps.
    let sequence: Int64
    /// The transfer that made it.
    let transfer: String
    /// Minor units; a credit is positive, a debit negative.
    let amount: Int64
    /// The account's posted balance after this entry.
    let balance: Int64
    /// Milliseconds since 1970.
    let createdAt: Int64
}

/// The ledger's own accounts: the other side of money that enters, leaves or stays with us. They may go negative, and
/// there is one of each per currency, made with the first account of that currency.
enum SystemAccount: String, CaseIterable {
    /// Cash in: what the processor has charged for us and still owes us.
    case processor
    /// Cash out: what was paid out of the system by the processor.
    case cashOut = "cash_out"
    /// What payees have paid for being paid.
    case fees
    /// Money whose place is not known yet: differences that a reconciliation has found.
    case suspense

    /// The id is derived, so that a transfer needs no look-up to find it.
    func id(in currency: String) -> String { "sys_\(rawValue)_\(currency)" }
}
