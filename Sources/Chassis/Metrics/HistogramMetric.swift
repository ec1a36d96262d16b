public import HTTP
import Synchronization

/// A distribution of observed values in fixed buckets. Observing is a short search and two relaxed atomic additions.
///
/// Values are counted in whole units, nanoseconds for a histogram in seconds, so that the sum needs no lock.
public final class HistogramMetric: Sendable {
    /// The upper bounds of the buckets in the exposed unit (seconds, bytes), growing, without the last, infinite one.
    public let bounds: [Double]
    /// The bounds as labels.
    let texts: BoundTexts
    private let limits: [UInt64]
    private let scale: Double
    private let counts: [CounterMetric]
    private let total = CounterMetric()
    private let table = ExemplarTable()

    /// Bounds for times in seconds: 0.5 ms to 10 s.
    public static let latencyBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    init(bounds: [Double], scale: Double) {
        self.bounds = bounds
        self.scale = scale
        texts = BoundTexts.shared(bounds)
        limits = bounds.map { UInt64(($0 * scale).rounded()) }
        counts = (0...bounds.count).map { _ in CounterMetric() }
    }

    /// Counts one value in the exposed unit; negative ones and NaN count as 0.
    public func observe(_ value: Double) {
        let scaled = value * scale
        observe(units: scaled > 0 ? UInt64(min(scaled, 1e18)) : 0)
    }

    /// Counts one value in whole units: nanoseconds for a histogram in seconds.
    public func observe(units: UInt64) { count(units, in: bucket(of: units)) }

    /// Counts one value of a sampled trace, and keeps it as the exemplar of its bucket.
    public func observe(units: UInt64, of trace: TraceContext, at milliseconds: Int64) {
        let index = bucket(of: units)
        count(units, in: index)
        table.keep(trace, Double(units) / scale, at: milliseconds, bucket: index, of: counts.count)
    }

    private func bucket(of units: UInt64) -> Int {
        var index = 0
        while index < limits.count, units > limits[index] { index += 1 }
        return index
    }

    private func count(_ units: UInt64, in index: Int) {
        counts[index].increment()
        total.increment(by: units)
    }

    /// The counts per bucket (not cumulative, the infinite bucket last) and the sum in the exposed unit.
    public var snapshot: (counts: [UInt64], sum: Double) {
        (counts.map(\.value), Double(total.value) / scale)
    }

    /// The latest exemplar of each bucket; nil as long as there is none.
    public var exemplars: [Exemplar?]? { table.all }
}

/// `le="0.005"` of each bucket, as the two formats write it; series with the same bounds share them.
final class BoundTexts: Sendable {
    let prometheus: [[UInt8]]
    /// OpenMetrics wants `1.0` (OpenMetrics 1.0.0, Considerations: Canonical Numbers).
    let openMetrics: [[UInt8]]

    private init(_ bounds: [Double]) {
        prometheus = (bounds + [.infinity]).map { Array("le=\"\(Exposition.number($0))\"".utf8) }
        openMetrics = (bounds + [.infinity]).map { Array("le=\"\($0.isInfinite ? "+Inf" : String($0))\"".utf8) }
    }

    private static let known = Mutex<[[Double]: BoundTexts]>([:])

    static func shared(_ bounds: [Double]) -> BoundTexts {
        known.withLock { known in
            if let texts = known[bounds] { return texts }
            let texts = BoundTexts(bounds)
            known[bounds] = texts
            return texts
        }
    }
}
