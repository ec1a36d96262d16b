/// What a histogram's buckets tell of the values in them.
public enum HistogramQuantile {
    /// The value that the share `share` (0–1) of all does not exceed, taken as spread evenly within a bucket, as
    /// Prometheus' `histogram_quantile` guesses it. Nil when there are none; the highest finite bound for what lies
    /// beyond it.
    ///
    /// - Parameter buckets: How many values are at most each bound and in no bucket before it; bounds in rising order.
    public static func value(_ share: Double, of buckets: [(bound: Double, count: Double)]) -> Double? {
        let total = buckets.reduce(0) { $0 + $1.count }
        guard total > 0 else { return nil }
        let rank = share * total
        var (below, start) = (0.0, 0.0)
        for (bound, count) in buckets {
            if count > 0, below + count >= rank {
                return bound.isFinite ? start + (bound - start) * (rank - below) / count : start
            }
            below += count
            if bound.isFinite { start = bound }
        }
        return start
    }
}
