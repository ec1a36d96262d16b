public import CoreMetrics

/// Makes the registry the backend of swift-metrics: what libraries count through its API is exposed too.
///
/// Labels become names by replacing what Prometheus does not allow (`db.client.calls` → `db_client_calls`); counters end
/// in `_total`, timers are histograms in seconds and end in `_seconds`.
public struct RegistryMetricsFactory: MetricsFactory {
    private let registry: MetricsRegistry

    /// A factory whose metrics live in `registry`.
    public init(_ registry: MetricsRegistry) { self.registry = registry }

    /// A counter of whole numbers.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let metric = Metric(foreign: label, suffix: "_total", .counter)
        guard case .counter(let cell) = registry.undeclared(metric, dimensions) else {
            return CounterAdapter(cell: CounterMetric())
        }
        return CounterAdapter(cell: cell)
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// A histogram when `aggregate`, else a gauge that shows the last value.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        let bounds = (0..<12).map { Double(1 << (2 * $0)) }
        return histogram(Metric(foreign: label, .histogram(bounds: bounds, unitsPerValue: 1)), dimensions)
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let kind = Metric.Kind.histogram(bounds: HistogramMetric.latencyBounds, unitsPerValue: 1e9)
        return histogram(Metric(foreign: label, suffix: "_seconds", kind), dimensions)
    }

    /// Keeps the series: a counter that goes away and comes back would look like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Keeps the series.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Keeps the series.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Keeps the series.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeAdapter {
        guard case .gauge(let cell) = registry.undeclared(Metric(foreign: label, .gauge), dimensions) else {
            return GaugeAdapter(cell: GaugeMetric())
        }
        return GaugeAdapter(cell: cell)
    }

    private func histogram(_ metric: Metric, _ dimensions: [(String, String)]) -> HistogramAdapter {
        guard case .histogram(let cell) = registry.undeclared(metric, dimensions) else {
            return HistogramAdapter(cell: HistogramMetric(bounds: [], scale: 1))
        }
        return HistogramAdapter(cell: cell)
    }
}

extension Metric {
    /// A metric of a library, which only says a label: that is the name and the help.
    fileprivate init(foreign label: String, suffix: String = "", _ kind: Kind) {
        let name = MetricName.sanitized(label.hasSuffix(suffix) ? label : label + suffix)
        self = Metric(name: name, kind: kind, labels: [], help: label)
    }
}

private final class CounterAdapter: CounterHandler {
    let cell: CounterMetric
    init(cell: CounterMetric) { self.cell = cell }
    func increment(by amount: Int64) { cell.increment(by: UInt64(max(0, amount))) }
    func reset() { cell.reset() }
}

private final class GaugeAdapter: MeterHandler, RecorderHandler {
    let cell: GaugeMetric
    init(cell: GaugeMetric) { self.cell = cell }
    func set(_ value: Int64) { cell.set(Double(value)) }
    func set(_ value: Double) { cell.set(value) }
    func increment(by amount: Double) { cell.add(amount) }
    func decrement(by amount: Double) { cell.add(-amount) }
    func record(_ value: Int64) { cell.set(Double(value)) }
    func record(_ value: Double) { cell.set(value) }
}

private final class HistogramAdapter: TimerHandler, RecorderHandler {
    let cell: HistogramMetric
    init(cell: HistogramMetric) { self.cell = cell }
    func recordNanoseconds(_ duration: Int64) { cell.observe(units: UInt64(max(0, duration))) }
    func record(_ value: Int64) { cell.observe(units: UInt64(max(0, value))) }
    func record(_ value: Double) { cell.observe(value) }
}
