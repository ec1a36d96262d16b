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

    /// The value that the share `q` (0–1) does not exceed, as Prometheus' `histogram_quantile` guesses it: evenly
    /// spread within a bucket. Nil when nothing was counted; the highest bound for what lies beyond it.
    func quantile(_ q: Double) -> Double? {
        let total = total
        guard total > 0 else { return nil }
        let rank = q * total
        var (below, start) = (0.0, 0.0)
        for (bound, count) in counts.sorted(by: { $0.key < $1.key }) {
            if count >= rank {
                guard bound.isFinite else { return start }
                let inside = count - below
                return inside > 0 ? start + (bound - start) * (rank - below) / inside : bound
            }
            (below, start) = (count, bound)
        }
        return start
    }
}
