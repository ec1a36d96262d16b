import Chassis

/// From when until when a statement goes: the first moment is in it, the last one is not, so that one ends where the next
/// begins.
struct StatementPeriod: Sendable, Hashable {
    /// The longest one: a leap year. What is longer is asked for in parts.
    static let longest: Int64 = 366 * 86_400_000

    /// Milliseconds since 1970.
    let from: Int64
    /// Milliseconds since 1970.
    let to: Int64

    /// Returns nil when it is empty or longer than ``longest``.
    init?(from: Int64, to: Int64) {
        guard from < to, to - from <= Self.longest else { return nil }
        self.from = from
        self.to = to
    }

    /// Reads both ends: times of RFC 3339 in UTC, or dates, which mean their midnight in UTC.
    init?(from: String?, to: String?) {
        guard let from = from.flatMap(RFC3339.time(ofDateOrTime:)), let to = to.flatMap(RFC3339.time(ofDateOrTime:))
        else { return nil }
        self.init(from: from, to: to)
    }
}
