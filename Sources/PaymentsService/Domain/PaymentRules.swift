/// What an operator decides about payments. The plain payment pays for none of it: no fee and no limit are no statement.
struct PaymentRules: Sendable, Hashable {
    /// How long an authorised payment can be captured, milliseconds: a week.
    var authorizationLifetime: Int64 = 7 * 86_400_000
    /// What the payee pays.
    var fees = FeeSchedule()
    /// What one user may pay in a day.
    var limits = DailyLimits()
}
