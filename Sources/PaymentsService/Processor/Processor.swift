/// What a processor is asked to do with money outside of the ledger.
struct ProcessorOrder: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
        /// Takes money from a card, for a deposit.
        case charge
        /// Sends money to a bank account, for a withdrawal.
        case payout
    }

    /// The processor does at most one thing per key, however often it is asked.
    let key: String
    let kind: Kind
    /// Minor units.
    let amount: Int64
    let currency: String
    /// The card or the bank account, as the processor knows it.
    let instrument: String
}

/// What is known about an order after asking.
enum ProcessorOutcome: Sendable, Hashable {
    case succeeded
    /// A definite refusal: no money has moved and none will move under this key. The reason is a code for programs.
    case declined(reason: String)
    /// The processor has accepted the order and has not finished it.
    case pending
    /// No answer, or none that can be understood: the money may have moved.
    case unknown
}

/// The company that charges cards and pays out to banks.
///
/// It does not throw: whatever goes wrong on the way is `unknown`, and so is an answer that takes too long. It answers
/// in the end, whatever happens.
protocol Processor: Sendable {
    /// Why the processor does not know such a card or bank account, to follow the name of a member of a request; nil when
    /// an order with it is worth trying. Whether that succeeds is said by ``submit(_:)`` alone.
    func objection(to instrument: String, for kind: ProcessorOrder.Kind) -> String?

    /// Does what the order says, or tells how far the order with this key has come.
    func submit(_ order: ProcessorOrder) async -> ProcessorOutcome
}
