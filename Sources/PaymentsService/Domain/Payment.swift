/// Money from one user's account to another account, at once or reserved first.
struct Payment: Sendable, Hashable {
    enum Status: String, Sendable, CaseIterable {
        /// The money is reserved at the payer, and pending at the payee.
        case requiresCapture = "requires_capture"
        /// The money has moved. A payment that cannot move or reserve its money is refused and leaves no row behind.
        case succeeded
        /// What was reserved was released by one of the two sides.
        case canceled
        /// What was reserved was released because nobody captured it in time.
        case expired
    }

    /// When the money moves.
    enum Capture: String, Sendable, CaseIterable {
        /// At once.
        case automatic
        /// When the payee says so.
        case manual
    }

    /// `pay_…`
    let id: String
    var status: Status
    let capture: Capture
    /// The account that paid.
    let source: String
    /// The account that received.
    let destination: String
    /// Minor units; what was authorised.
    let amount: Int64
    /// Minor units; what has moved, at most `amount`.
    var captured: Int64
    /// Minor units; what the payee has given back, at most `captured`.
    var refunded: Int64 = 0
    /// Minor units; what the payee has paid out of `captured` for being paid.
    var fee: Int64 = 0
    let currency: String
    let description: String?
    var metadata: Metadata?
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// From when it cannot be captured, milliseconds since 1970; only where capture is manual.
    var expiresAt: Int64?
    /// When it was captured, canceled or expired, milliseconds since 1970; only where capture is manual.
    var endedAt: Int64?
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
    var capture = Payment.Capture.automatic
    var metadata: Metadata?
}
