@testable import PaymentsService

/// What the ledger should hold and answer, in so few words that they can be checked by reading.
///
/// Every method says what the ledger must answer, and has its effect only where it must do it.
struct LedgerModel {
    struct AccountState {
        let owner: String
        let currency: String
        var posted: Int64 = 0
        /// On its way in, and on its way out.
        var incoming: Int64 = 0, reserved: Int64 = 0
        var status = Account.Status.open
        var frozenBy: Account.Keeper?

        var available: Int64 { posted - reserved }
        var isEmpty: Bool { posted == 0 && incoming == 0 && reserved == 0 }
    }

    struct PaymentState {
        let source: String
        let payee: String
        let amount: Int64
        let expiresAt: Int64
        var captured: Int64 = 0
        var refunded: Int64 = 0
        var status = Payment.Status.requiresCapture
    }

    struct OperationState {
        let kind: ProcessorOperation.Kind
        let account: String
        let amount: Int64
        var status = ProcessorOperation.Status.processing
        /// The status of the answer that is kept for retries: how far it was when the processor first said something.
        var answer: Int?
    }

    /// Milliseconds.
    static let authorizationLifetime: Int64 = 60_000
    /// Minor units for each payment to somebody else, in these currencies.
    static let fees: [String: Int64] = ["JPY": 3]
    /// Minor units that one user may pay in a day, in these currencies.
    static let limits: [String: Int64] = ["KWD": 4_000]

    var accounts: [String: AccountState] = [:]
    var payments: [String: PaymentState] = [:]
    var operations: [String: OperationState] = [:]
    /// How many refunds there are.
    var refunds = 0
    /// How many events there have been.
    var told = 0
    /// How many lines the audit log has.
    var lines = 0
    /// By owner, currency and day.
    var paid: [String: Int64] = [:]

    func day(_ owner: String, _ currency: String, at now: Int64) -> String {
        "\(owner) \(currency) \(now / 86_400_000)"
    }
}
