import Histogram

/// Times of requests in microseconds, as an HdrHistogram, up to ten minutes.
///
/// A time counts from the moment when its request was due, not from when it was sent: a server that stands still makes all
/// requests late that would have been sent meanwhile (no coordinated omission).
struct LoadTimes: Sendable {
    private static let highest: UInt64 = 600_000_000
    private var histogram: Histogram<UInt64>
    private(set) var count = 0

    /// - Parameter isCoarse: Two digits rather than three, in a tenth of the memory.
    init(isCoarse: Bool = false) {
        histogram = Histogram<UInt64>(
            lowestDiscernibleValue: 1, highestTrackableValue: Self.highest,
            numberOfSignificantValueDigits: isCoarse ? .two : .three)
    }

    mutating func record(microseconds: UInt64) {
        histogram.record(min(microseconds, Self.highest))
        count += 1
    }

    /// The time that `percentile` (0–100) of all requests did not exceed, in microseconds; 0 where there are none.
    func value(at percentile: Double) -> UInt64 { count == 0 ? 0 : histogram.valueAtPercentile(percentile) }

    var maximum: UInt64 { count == 0 ? 0 : histogram.max }
    var mean: Double { count == 0 ? 0 : histogram.mean }
}
