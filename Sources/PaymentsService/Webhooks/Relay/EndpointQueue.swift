/// How many deliveries of one endpoint may be under way. Pure. All times in milliseconds.
///
/// An endpoint that works gets several at a time. One whose last attempt failed gets a single one, after a wait that
/// grows: however much is pending for it, a dead endpoint costs an attempt a minute. One that asks to be left alone for a
/// while gets nothing before.
struct EndpointQueue: Sendable, Equatable {
    /// Attempts at a time.
    static let width = 4
    /// So many failures in a row are the endpoint's and not those of some deliveries that it does not like.
    static let outage = 8
    private static let firstWait: Int64 = 1_000
    private static let longestWait: Int64 = 60_000

    private(set) var underWay = 0
    /// Attempts that failed in a row.
    private(set) var failures: Int
    /// Before when a failing endpoint is left alone.
    private var retriesAt: Int64 = 0
    /// Before when the endpoint asked to be left alone, whatever works.
    private var asksAgainAt: Int64 = 0
    /// When it was found to work after an outage: what failed before is due.
    private(set) var recoveredAt: Int64?

    /// - Parameter isFailing: As the process before this one left it.
    init(isFailing: Bool = false) { failures = isFailing ? 1 : 0 }

    /// Whether its attempts belong with those of failing endpoints.
    var isFailing: Bool { failures > 0 }

    /// Before when none begins.
    var resumesAt: Int64 { isFailing ? max(retriesAt, asksAgainAt) : asksAgainAt }

    /// How many attempts may begin.
    func room(at now: Int64) -> Int {
        guard now >= resumesAt else { return 0 }
        return isFailing ? (underWay == 0 ? 1 : 0) : max(0, Self.width - underWay)
    }

    /// When an attempt is due that was to be made at `time`, and of which the last one was at `last`.
    func due(at time: Int64, lastAttemptAt last: Int64?) -> Int64 {
        guard let recoveredAt, let last, last <= recoveredAt else { return time }
        return min(time, recoveredAt)
    }

    mutating func begin() { underWay += 1 }

    /// An attempt that had begun was not made.
    mutating func abandon() { underWay -= 1 }

    /// - Parameters:
    ///   - leftAlone: For how long the endpoint asked to be left alone, in milliseconds.
    ///   - random: In 0..<1.
    mutating func end(hasArrived: Bool, leftAlone: Int64 = 0, at now: Int64, random: Double) {
        underWay -= 1
        if leftAlone > 0 { asksAgainAt = max(asksAgainAt, now + leftAlone) }
        guard !hasArrived else {
            if failures >= Self.outage { recoveredAt = now }
            failures = 0
            return
        }
        failures += 1
        let whole = min(Self.longestWait, Self.firstWait << Int64(min(failures - 1, 10)))
        retriesAt = now + whole / 2 + Int64(Double(whole / 2) * random)
    }
}
