/// What a payee pays for being paid in one currency: a fixed part and a share of the amount.
struct FeeRule: Sendable, Hashable {
    /// A hundredth of a percent is one basis point; all of the amount are 10,000.
    static let whole: Int64 = 10_000

    /// Minor units.
    let fixed: Int64
    /// 0 to 10,000.
    let basisPoints: Int64

    /// The fee on an amount, both in minor units: the share is rounded to the minor unit, halves to the even one (ISO
    /// 80000-1 B.3, "banker's rounding"), so that many small fees add up to what their sum would cost. It is never more
    /// than the amount.
    func fee(on amount: Int64) -> Int64 {
        // 128 bits hold the product of any two.
        let (share, rest) = (Int128(amount) * Int128(basisPoints)).quotientAndRemainder(dividingBy: Int128(Self.whole))
        let half = Int128(Self.whole) / 2
        let isUp = rest > half || (rest == half && share % 2 == 1)
        return Int64(min(share + (isUp ? 1 : 0) + Int128(fixed), Int128(amount)))
    }
}

/// The fees of all currencies. What has no rule costs nothing.
struct FeeSchedule: Sendable, Hashable {
    /// By the currency's code.
    var rules: [String: FeeRule] = [:]

    /// The fee on an amount, both in minor units.
    func fee(on amount: Int64, in currency: String) -> Int64 {
        rules[currency]?.fee(on: amount) ?? 0
    }
}
