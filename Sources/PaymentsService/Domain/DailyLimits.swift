/// How much a user may pay in one day, in UTC. What is authorised counts, too, on its day, whether it is captured or not.
struct DailyLimits: Sendable, Hashable {
    /// How many payments, in all currencies together; nil for any number.
    var payments: Int64?
    /// How much, in minor units, by the currency's code; what is not there has no limit.
    var amounts: [String: Int64] = [:]

    /// Whether a payment in a currency has to be counted.
    func concern(_ currency: String) -> Bool { payments != nil || amounts[currency] != nil }

    /// Why an amount cannot be paid on top of what was paid today.
    func refusal(of amount: Int64, in currency: String, after totals: DailyTotals) -> Refusal? {
        if let payments, totals.payments >= payments { return .tooManyPayments }
        guard let limit = amounts[currency] else { return nil }
        let (total, overflows) = (totals.amounts[currency] ?? 0).addingReportingOverflow(amount)
        return overflows || total > limit ? .tooMuchPaid : nil
    }
}

/// What a user has paid in one day.
struct DailyTotals: Sendable, Hashable {
    var payments: Int64 = 0
    /// Minor units, by the currency's code.
    var amounts: [String: Int64] = [:]
}
