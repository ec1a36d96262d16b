/// What an account did in a period. Its entries are facts: they are read a page at a time, and the whole adds up however
/// long that takes.
struct Statement: Sendable, Hashable {
    let account: Account
    let period: StatementPeriod
    /// The number of the last entry before the period; 0 when there is none.
    let before: Int64
    /// The number of the last entry of the period; that of the one before it when the period has none.
    let last: Int64
    /// The posted balance at the beginning, minor units.
    let opening: Int64
    /// The posted balance at the end, minor units; of this moment when the period has not ended.
    let closing: Int64
}
