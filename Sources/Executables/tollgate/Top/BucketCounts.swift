import Chassis

/// A histogram as a scrape shows it: how many values were at most each bound.
struct BucketCounts: Equatable, Sendable {
    /// By upper bound, which may be infinite; cumulative.
    private(set) var counts: [Double: Double] = [:]

    var total: Double { counts[.infinity] ?? 0 }

    mutating func add(_ count: Double, atMost bound: Double) { counts[bound, default: 0] += count }

    mutating func add(_ other: BucketCounts) {
        for (bound, count) in other.counts { add(count, atMost: bound) }
    }

    /// What was counted after `earlier`. A service that was started anew counts from zero: then everything is new.
    func since(_ earlier: BucketCounts) -> BucketCounts {
        guard total >= earlier.total else { return self }
        var new = BucketCounts()
        for (bound, count) in counts { new.counts[bound] = max(0, count - (earlier.counts[bound] ?? 0)) }
        return new
    }

    /// The value that the share `q` (0–1) does not exceed; nil when nothing was counted.
    func quantile(_ q: Double) -> Double? {
        guard total > 0 else { return nil }
        var below = 0.0
        let buckets = counts.sorted { $0.key < $1.key }.map { bound, count in
            defer { below = count }
            return (bound: bound, count: count - below)
        }
        return HistogramQuantile.value(q, of: buckets)
    }
}
