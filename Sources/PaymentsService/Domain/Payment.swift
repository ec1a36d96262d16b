/// Money from one user's account to another account.
struct Payment: Sendable, Hashable {
    enum Status: String, Sendable {
        /// The money has moved. A payment that cannot move its money is refused and leaves no row behind.
        case succeeded
    }

    /// `pay_…`
    let id: String
    let status: Status
    /// The account that paid.
    let source: String
    /// The account that received.
    let destination: String
    /// Minor units.
    let amount: Int64
    let currency: String
    let description: String?
    /// Milliseconds since 1970.
    let createdAt: Int64
}

/// Who is to receive a payment, as the request says it.
enum Payee: Sendable, Hashable {
    case account(String)
    /// A user's id; the money goes to the first account that this user opened in the payment's currency.
    case user(String)
    /// A user's e-mail, in lower case; as for `user`.
    case email(String)
}

/// A payment that has passed validation: what the ledger is asked to do.
struct PaymentOrder: Sendable, Hashable {
    let source: String
    let payee: Payee
    let amount: Int64
    let currency: String
    let description: String?
}
