/// How many deliveries of one endpoint may be under way. Pure. All times in milliseconds.
///
/// An endpoint that works gets several at a time. One whose last attempt failed gets a single one, after a wait that
/// grows: however much is pending for it, a dead endpoint costs an attempt a minute.
struct EndpointQueue: Sendable, Equatable {
    /// Attempts at a time.
    static let width = 4
    private static let firstWait: Int64 = 1_000
    private static let longestWait: Int64 = 60_000

    private(set) var underWay = 0
    /// Attempts that failed in a row.
    private(set) var failures: Int
    /// Before when a failing endpoint is left alone.
    private(set) var resumesAt: Int64 = 0

    /// - Parameter isFailing: As the process before this one left it.
    init(isFailing: Bool = false) { failures = isFailing ? 1 : 0 }

    /// Whether its attempts belong with those of failing endpoints.
    var isFailing: Bool { failures > 0 }

    /// How many attempts may begin.
    func room(at now: Int64) -> Int {
        guard isFailing else { return max(0, Self.width - underWay) }
        return underWay == 0 && now >= resumesAt ? 1 : 0
    }

    mutating func begin() { underWay += 1 }

    /// - Parameter random: In 0..<1.
    mutating func end(hasArrived: Bool, at now: Int64, random: Double) {
        underWay -= 1
        guard !hasArrived else {
            failures = 0
            return
        }
        failures += 1
        let whole = min(Self.longestWait, Self.firstWait << Int64(min(failures - 1, 10)))
        resumesAt = now + whole / 2 + Int64(Double(whole / 2) * random)
    }
}
