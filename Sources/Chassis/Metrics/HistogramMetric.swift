/// A distribution of observed values in fixed buckets. Observing is a short search and two relaxed atomic additions.
///
/// Values are counted in whole units, nanoseconds for a histogram in seconds, so that the sum needs no lock.
public final class HistogramMetric: Sendable {
    /// The upper bounds of the buckets in the exposed unit (seconds, bytes), growing, without the last, infinite one.
    public let bounds: [Double]
    private let limits: [UInt64]
    private let scale: Double
    private let counts: [CounterMetric]
    private let total = CounterMetric()

    /// Bounds for times in seconds: 0.5 ms to 10 s.
    public static let latencyBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    init(bounds: [Double], scale: Double) {
        self.bounds = bounds
        self.scale = scale
        limits = bounds.map { UInt64(($0 * scale).rounded()) }
        counts = (0...bounds.count).map { _ in CounterMetric() }
    }

    /// Counts one value in the exposed unit; negative ones and NaN count as 0.
    public func observe(_ value: Double) {
        let scaled = value * scale
        observe(units: scaled > 0 ? UInt64(min(scaled, 1e18)) : 0)
    }

    /// Counts one value in whole units: nanoseconds for a histogram in seconds.
    public func observe(units: UInt64) {
        var index = 0
        while index < limits.count, units > limits[index] { index += 1 }
        counts[index].increment()
        total.increment(by: units)
    }

    /// The counts per bucket (not cumulative, the infinite bucket last) and the sum in the exposed unit.
    public var snapshot: (counts: [UInt64], sum: Double) {
        (counts.map(\.value), Double(total.value) / scale)
    }
}
