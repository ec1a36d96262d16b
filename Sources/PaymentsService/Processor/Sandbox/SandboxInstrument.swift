/// The cards and bank accounts of the sandbox: their name decides what happens.
enum SandboxInstrument: String, CaseIterable {
    /// Charged at once.
    case cardOK = "card_ok"
    /// Refused at once.
    case cardDeclined = "card_declined"
    case cardInsufficientFunds = "card_insufficient_funds"
    case cardExpired = "card_expired"
    /// Charged, but only some time later.
    case cardSlow = "card_slow"
    /// Refused some time later.
    case cardSlowDeclined = "card_slow_declined"
    /// Charged at once, and the answer is lost.
    case cardTimeout = "card_timeout"
    /// As the slow one; the callback comes twice.
    case cardDuplicateCallback = "card_duplicate_callback"

    /// Paid out at once. The others are as those of cards.
    case bankOK = "bank_ok"
    case bankDeclined = "bank_declined"
    case bankAccountClosed = "bank_account_closed"
    case bankSlow = "bank_slow"
    case bankSlowDeclined = "bank_slow_declined"
    case bankTimeout = "bank_timeout"
    case bankDuplicateCallback = "bank_duplicate_callback"

    /// What it can be used for.
    var kind: ProcessorOrder.Kind { rawValue.hasPrefix("card_") ? .charge : .payout }

    /// Why it refuses; nil for one that does not.
    var reason: String? {
        switch self {
        case .cardDeclined, .cardSlowDeclined: "declined_by_issuer"
        case .cardInsufficientFunds: "insufficient_funds"
        case .cardExpired: "expired_card"
        case .bankDeclined, .bankSlowDeclined: "declined_by_bank"
        case .bankAccountClosed: "account_closed"
        case .cardOK, .cardSlow, .cardTimeout, .cardDuplicateCallback: nil
        case .bankOK, .bankSlow, .bankTimeout, .bankDuplicateCallback: nil
        }
    }

    var isSlow: Bool {
        switch self {
        case .cardSlow, .cardSlowDeclined, .cardDuplicateCallback: true
        case .bankSlow, .bankSlowDeclined, .bankDuplicateCallback: true
        default: false
        }
    }

    /// Whether the first answer is lost.
    var losesAnswer: Bool { self == .cardTimeout || self == .bankTimeout }

    /// How often the end is told by a callback: not at all where the answer has told it.
    var callbacks: Int {
        switch self {
        case .cardDuplicateCallback, .bankDuplicateCallback: 2
        default: isSlow || losesAnswer ? 1 : 0
        }
    }

    /// The names that an order of this kind can have.
    static func names(for kind: ProcessorOrder.Kind) -> [String] { allCases.filter { $0.kind == kind }.map(\.rawValue) }
}
