/// What an operator decides about payments.
struct PaymentRules: Sendable, Hashable {
    /// How long an authorised payment can be captured, milliseconds: a week.
    var authorizationLifetime: Int64 = 7 * 86_400_000
}
