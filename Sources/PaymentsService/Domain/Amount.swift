/// The bounds of one movement of money, in minor units.
enum Amount {
    /// The largest amount of one movement: twelve digits. It is exact in a JavaScript number, and nine million of
    /// them fit into an account's `Int64` totals.
    static let maximum: Int64 = 999_999_999_999

    /// What a request may ask to move.
    static let permitted: ClosedRange<Int64> = 1...maximum
}

/// The four running totals of an account, in minor units, as the ledger stores them. None of them ever decreases,
/// except the pending ones when their transfer is posted or voided.
struct Balance: Sendable, Hashable {
    var creditsPosted: Int64 = 0
    var debitsPosted: Int64 = 0
    var creditsPending: Int64 = 0
    var debitsPending: Int64 = 0

    /// Money that has arrived for good.
    var posted: Int64 { creditsPosted - debitsPosted }
    /// Money on its way: in (positive) or out (negative).
    var pending: Int64 { creditsPending - debitsPending }
    /// Money that can be spent now: what is on its way in does not count yet, what is reserved no longer does.
    var available: Int64 { posted - debitsPending }
}
