/// The counts of the last seconds, from which rates are made.
struct LiveHistory: Sendable {
    /// How far back durations are looked at, in milliseconds.
    private static let window: UInt64 = 10_000
    private var past: [(at: UInt64, counts: LiveCounts)] = []

    /// Takes the counts of a moment.
    ///
    /// - Parameter now: Milliseconds of a clock that never goes back.
    /// - Returns: What happened since the moment before; nothing, the first time.
    mutating func add(_ counts: LiveCounts, at now: UInt64) -> LiveRates {
        let before = past.last ?? (now, counts)
        past.append((now, counts))
        // The one that is just as old as the window, or older, is its beginning.
        while past.count > 2, now - past[1].at >= Self.window { past.removeFirst() }
        return LiveRates(counts, since: before.counts, now - before.at, window: past[0].counts)
    }
}
