import Chassis

extension PaymentRules {
    /// Reads `AUTHORIZATION_SECONDS`, `FEES`, `PAYMENTS_PER_DAY` and `PAYMENT_AMOUNTS_PER_DAY` (docs/settings.md).
    ///
    /// - Throws: `SettingsError`.
    init(_ settings: Settings) throws {
        self.init()
        let seconds = try settings.integer("AUTHORIZATION_SECONDS", in: 1...31_536_000, default: 604_800)
        authorizationLifetime = Int64(seconds) * 1_000
        fees.rules = try Self.table(
            settings.optionalString("FEES"), of: "FEES", "fixed minor units and basis points, such as USD:30+290",
            FeeRule.init)
        let payments = try settings.integer("PAYMENTS_PER_DAY", in: 0...1_000_000_000, default: 0)
        limits.payments = payments == 0 ? nil : Int64(payments)
        limits.amounts = try Self.table(
            settings.optionalString("PAYMENT_AMOUNTS_PER_DAY"), of: "PAYMENT_AMOUNTS_PER_DAY",
            "minor units, such as USD:500000"
        ) { Self.number($0, in: 1...Int64.max) }
    }

    /// `USD:…,EUR:…`: a value for each currency, and each currency once.
    private static func table<Value>(
        _ text: String?, of setting: String, _ allowed: String, _ value: (Substring) -> Value?
    ) throws(SettingsError) -> [String: Value] {
        var table: [String: Value] = [:]
        for pair in text?.split(separator: ",", omittingEmptySubsequences: false) ?? [] {
            let parts = pair.filter { $0 != " " }.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let currency = Currency(code: String(parts[0])), table[currency.code] == nil,
                let found = value(parts[1])
            else {
                throw SettingsError(
                    key: setting, value: text, allowed: "currencies, each once, with \(allowed), separated by commas")
            }
            table[currency.code] = found
        }
        return table
    }

    fileprivate static func number(_ text: Substring, in range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text) else { return nil }
        return range.contains(number) ? number : nil
    }
}

extension FeeRule {
    /// Reads `30+290`: minor units, and basis points.
    fileprivate init?(_ text: Substring) {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        guard parts.count == 2, let fixed = PaymentRules.number(parts[0], in: 0...Amount.maximum),
            let basisPoints = PaymentRules.number(parts[1], in: 0...Self.whole)
        else { return nil }
        self.init(fixed: fixed, basisPoints: basisPoints)
    }
}
