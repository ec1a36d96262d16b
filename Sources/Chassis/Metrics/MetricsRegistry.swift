import Synchronization

/// All metrics of a process. Asking for a metric takes a lock and a dictionary: keep what is returned; updating it is
/// cheap.
///
/// Names follow Prometheus: base units (`_seconds`, `_bytes`), `_total` on counters. A family holds at most
/// `seriesLimit` label sets; further ones are counted together under `other`.
public final class MetricsRegistry: Sendable {
    private struct State {
        var families: [String: MetricFamily] = [:]
        var collectors: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let seriesLimit: Int

    /// An empty registry.
    public init(seriesLimit: Int = 1_000) { self.seriesLimit = seriesLimit }

    /// The counter `name` (ends in `_total`) with these labels, made when there is none.
    public func counter(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> CounterMetric {
        counter(name, help: help, labelList: Array(labels))
    }

    /// The gauge `name` with these labels, made when there is none.
    public func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> GaugeMetric {
        gauge(name, help: help, labelList: Array(labels))
    }

    /// A counter of seconds or another number that is not whole; `name` ends in `_total`.
    public func floatingCounter(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:]
    ) -> GaugeMetric {
        guard case .gauge(let cell) = cell(name, help, .floatingCounter, Array(labels)) else { return GaugeMetric() }
        return cell
    }

    /// The histogram `name` with these labels, made when there is none. `unitsPerValue` says how many whole units one
    /// of the exposed unit has: 1e9 for seconds (counted in nanoseconds), 1 for bytes.
    public func histogram(
        _ name: String, help: String, bounds: [Double] = HistogramMetric.latencyBounds, unitsPerValue: Double = 1e9,
        labels: KeyValuePairs<String, String> = [:]
    ) -> HistogramMetric {
        histogram(name, help: help, bounds: bounds, unitsPerValue: unitsPerValue, labelList: Array(labels))
    }

    /// Runs `body` before every exposition: the place to read what is cheaper to ask for than to count.
    public func onCollect(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(body) }
    }

    func counter(_ name: String, help: String, labelList: [(String, String)]) -> CounterMetric {
        guard case .counter(let cell) = cell(name, help, .counter, labelList) else { return CounterMetric() }
        return cell
    }

    func gauge(_ name: String, help: String, labelList: [(String, String)]) -> GaugeMetric {
        guard case .gauge(let cell) = cell(name, help, .gauge, labelList) else { return GaugeMetric() }
        return cell
    }

    func histogram(
        _ name: String, help: String, bounds: [Double], unitsPerValue: Double, labelList: [(String, String)]
    ) -> HistogramMetric {
        let kind = MetricFamily.Kind.histogram(bounds: bounds, scale: unitsPerValue)
        guard case .histogram(let cell) = cell(name, help, kind, labelList) else {
            return HistogramMetric(bounds: bounds, scale: unitsPerValue)
        }
        return cell
    }

    /// A name that is already there with another kind keeps it: the caller then gets a cell that is not exposed,
    /// because a metric must never stop a service.
    private func cell(
        _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ labels: [(String, String)]
    ) -> MetricFamily.Cell {
        let name = MetricName.sanitized(name)
        return state.withLock { state in
            let known = state.families[name]?.kind
            guard known == nil || known == kind else { return kind.makeCell() }
            return state.families[name, default: MetricFamily(name: name, help: help, kind: kind)]
                .cell(labels, limit: seriesLimit)
        }
    }

    /// The text of all metrics, families and label sets in alphabetical order.
    public func exposition(_ format: MetricsFormat = .prometheus) -> [UInt8] {
        for collect in state.withLock({ $0.collectors }) { collect() }
        let families = state.withLock { Array($0.families.values) }
        var writer = Exposition(format: format)
        return writer.render(families)
    }
}
