/// Why the ledger does not do what it was asked to. Refusals are answers: all but those that ``isKept`` names are
/// kept under the request's idempotency key and repeated to whoever asks again.
enum Refusal: Error, Sendable, Hashable {
    /// The caller has no such account. Another user's account is no different.
    case accountNotFound
    /// The caller has no part in such a payment.
    case paymentNotFound
    /// The caller pays; what was asked for is the payee's to do.
    case notThePayee
    /// The payment is not one that waits to be captured, or not any more.
    case notCapturable(Payment.Status)
    /// As above: there is nothing left to cancel.
    case notCancelable(Payment.Status)
    /// More than was authorised.
    case captureTooLarge
    /// Nothing has moved, so nothing comes back.
    case notRefundable(Payment.Status)
    /// All of it was given back.
    case alreadyRefunded
    /// More than is left of what was captured.
    case refundTooLarge
    case insufficientFunds
    case sameAccount
    /// The caller's account is closed.
    case accountClosed
    /// The caller's account pays nothing while it is frozen.
    case accountFrozen
    /// Support froze the account: its owner can neither unfreeze nor close it.
    case frozenBySupport
    /// Somebody of the staff meant an account of their own.
    case ownAccount
    /// Something is posted or pending in an account that is to be closed.
    case moneyLeft
    /// The account that is to receive is closed.
    case payeeAccountClosed
    /// The caller's accounts were closed for good: no other one is opened.
    case userClosed
    case currencyMismatch
    /// The user has paid as often today as they may.
    case tooManyPayments
    /// With this the user would have paid more today than they may.
    case tooMuchPaid
    case unknownPayee
    case payeeHasNoAccount
    /// The totals of an account would leave the range of `Int64`.
    case balanceLimit
    /// By the processor, for good; the reason is its code.
    case cardDeclined(reason: String)
    /// The same of money that was to leave.
    case withdrawalDeclined(reason: String)
}

extension Refusal {
    /// Whether the answer is kept under its key. What is not there, or not the caller's to do, may be asked for again.
    var isKept: Bool {
        switch self {
        case .accountNotFound, .paymentNotFound, .notThePayee: false
        default: true
        }
    }
}
