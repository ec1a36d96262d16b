/// Money of a payment that its payee gave back: all of it or a part, in one refund or in several.
struct Refund: Sendable, Hashable {
    /// `rfnd_…`
    let id: String
    /// `pay_…`
    let payment: String
    /// Minor units.
    let amount: Int64
    let currency: String
    let reason: String?
    /// Milliseconds since 1970.
    let createdAt: Int64
}

/// A refund that has passed validation.
struct RefundOrder: Sendable, Hashable {
    let payment: String
    /// Minor units; all that is left when nil.
    let amount: Int64?
    let reason: String?
}

extension Payment {
    /// How much a refund gives back.
    ///
    /// - Parameters:
    ///   - amount: Minor units; all that is left of what was captured when nil. The fee is not given back: the payee refunds
    ///     what the payer has paid.
    ///   - isPayee: Whether the one who asks received the money.
    func refund(of amount: Int64?, isPayee: Bool) -> Result<Int64, Refusal> {
        guard isPayee else { return .failure(.notThePayee) }
        guard status == .succeeded else { return .failure(.notRefundable(status)) }
        let left = captured - refunded
        guard left > 0 else { return .failure(.alreadyRefunded) }
        guard amount ?? left <= left else { return .failure(.refundTooLarge) }
        return .success(amount ?? left)
    }
}
