/// A movement of money between two accounts: it balances by construction, because it has one amount and two sides.
struct Transfer: Sendable, Hashable {
    /// `trf_…`
    let id: String
    let debitAccount: String
    let creditAccount: String
    /// Minor units, greater than 0.
    let amount: Int64
    let currency: String
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// The transfer that it belongs to: a fee to the payment's.
    var linkedTo: String?
}

/// What a transfer did to one account.
struct Posting: Sendable, Hashable {
    /// The number of the account's new entry.
    let sequence: Int64
    /// The account's posted balance afterwards.
    let balance: Int64
    /// The time of the entry: the transfer's, or that of the account's last entry where a clock went back.
    let createdAt: Int64
}
