/// What a card processor is asked to do.
struct Charge: Sendable, Hashable {
    /// The processor charges at most once per key, however often it is asked.
    let key: String
    /// Minor units.
    let amount: Int64
    let currency: String
    let source: String
    /// When the charge was first wanted, milliseconds since 1970.
    let requestedAt: Int64
}

/// What is known about a charge after asking.
enum ChargeOutcome: Sendable, Hashable {
    case succeeded
    /// A definite refusal: the card has not been and will not be charged under this key.
    case declined(reason: String)
    /// The processor has accepted the charge and has not finished it.
    case pending
    /// No answer, or none that can be understood: the card may have been charged.
    case unknown
}

/// The company that charges cards. It does not throw: whatever goes wrong on the way is `unknown`.
protocol CardProcessor: Sendable {
    /// Charges, or tells how far the charge with this key has come.
    func charge(_ charge: Charge) async -> ChargeOutcome
}
