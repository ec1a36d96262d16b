/// One order as one of the two sides has it in its books: ours, or the processor's.
public struct Settlement: Sendable, Hashable {
    /// How far the order has come.
    public enum State: String, Sendable, CaseIterable {
        case pending, succeeded, declined
    }

    /// `charge` takes money from outside, `payout` sends it there.
    public enum Kind: String, Sendable, CaseIterable {
        case charge, payout
    }

    /// The key that both sides know it by.
    public let key: String
    /// The direction.
    public let kind: Kind
    /// Minor units.
    public let amount: Int64
    /// ISO 4217.
    public let currency: String
    /// How far it has come.
    public let state: State
    /// Milliseconds since 1970.
    public let createdAt: Int64

    /// An order in somebody's books.
    public init(key: String, kind: Kind, amount: Int64, currency: String, state: State, createdAt: Int64) {
        self.key = key
        self.kind = kind
        self.amount = amount
        self.currency = currency
        self.state = state
        self.createdAt = createdAt
    }
}

/// What two books say differently about one order.
public struct Difference: Sendable, Hashable {
    /// What it is.
    public enum Kind: String, Sendable, CaseIterable {
        /// The processor knows an order that the ledger does not.
        case missingInLedger = "missing_in_ledger"
        /// The ledger has an order that the processor does not know.
        case missingAtProcessor = "missing_at_processor"
        /// The amount, the currency or the direction.
        case amountDiffers = "amount_differs"
        /// Whether the money has moved.
        case stateDiffers = "state_differs"
    }

    /// What it is.
    public let kind: Kind
    /// The ledger's side, if it has one.
    public let ledger: Settlement?
    /// The processor's side, if it has one.
    public let processor: Settlement?

    /// The order's key.
    public var key: String { ledger?.key ?? processor?.key ?? "" }
}

/// How the two sides of one order compare.
enum Comparison: Hashable {
    case equal
    /// They may still come to agree: the ledger has not heard the end, and it is not long ago.
    case inFlight
    case different(Difference.Kind)

    /// - Parameters:
    ///   - now: Milliseconds since 1970.
    ///   - grace: For how many milliseconds an order may be under way.
    init(ledger: Settlement?, processor: Settlement?, at now: Int64, grace: Int64) {
        guard let ledger else {
            self = processor == nil ? .equal : .different(.missingInLedger)
            return
        }
        let isUnderWay = ledger.state == .pending && now - ledger.createdAt < grace
        guard let processor else {
            self = isUnderWay ? .inFlight : .different(.missingAtProcessor)
            return
        }
        guard
            (ledger.kind, ledger.amount, ledger.currency) == (processor.kind, processor.amount, processor.currency)
        else {
            self = .different(.amountDiffers)
            return
        }
        if ledger.state == processor.state {
            self = .equal
        } else {
            self = isUnderWay ? .inFlight : .different(.stateDiffers)
        }
    }
}
