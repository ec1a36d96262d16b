import Synchronization

/// All metrics of a process. Asking for a metric takes a lock and a dictionary: keep what is returned; updating it is
/// cheap.
///
/// A family holds at most `seriesLimit` label sets; further ones are counted together under `other`.
public final class MetricsRegistry: Sendable {
    private struct State {
        var families: [String: MetricFamily] = [:]
        var collectors: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let seriesLimit: Int

    /// An empty registry.
    public init(seriesLimit: Int = 1_000) { self.seriesLimit = seriesLimit }

    /// The counter with these labels, made when there is none.
    public func counter(_ metric: Metric, labels: KeyValuePairs<String, String> = [:]) -> CounterMetric {
        guard case .counter(let cell) = cell(metric, Array(labels)) else { return CounterMetric() }
        return cell
    }

    /// The counter that is read where somebody else counts, with these labels.
    public func readCounter(_ metric: Metric, labels: KeyValuePairs<String, String> = [:]) -> GaugeMetric {
        guard case .gauge(let cell) = cell(metric, Array(labels)) else { return GaugeMetric() }
        return cell
    }

    /// The gauge with these labels, made when there is none.
    public func gauge(_ metric: Metric, labels: KeyValuePairs<String, String> = [:]) -> GaugeMetric {
        guard case .gauge(let cell) = cell(metric, Array(labels)) else { return GaugeMetric() }
        return cell
    }

    /// The histogram with these labels, made when there is none.
    public func histogram(_ metric: Metric, labels: KeyValuePairs<String, String> = [:]) -> HistogramMetric {
        if case .histogram(let cell) = cell(metric, Array(labels)) { return cell }
        return HistogramMetric(bounds: [], scale: 1)
    }

    /// Runs `body` before every exposition: the place to read what is cheaper to ask for than to count.
    public func onCollect(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(body) }
    }

    private func cell(_ metric: Metric, _ labels: [(String, String)]) -> MetricFamily.Cell {
        assert(metric.allows(labels), "\(metric.name) is not declared with \(labels)")
        return undeclared(metric, labels)
    }

    /// The cell of a metric of somebody else, whose labels nobody has declared.
    ///
    /// A name that is already there with another kind keeps it: the caller then gets a cell that is not exposed,
    /// because a metric must never stop a service.
    func undeclared(_ metric: Metric, _ labels: [(String, String)]) -> MetricFamily.Cell {
        state.withLock { state in
            let known = state.families[metric.name]?.metric.kind
            guard known == nil || known == metric.kind else { return MetricFamily(metric).makeCell() }
            return state.families[metric.name, default: MetricFamily(metric)].cell(labels, limit: seriesLimit)
        }
    }

    /// How many label sets were counted under `other`, because their family was full.
    var foldedLabelSets: UInt64 {
        state.withLock { $0.families.values.reduce(0) { $0 + $1.overflowed } }
    }

    /// The label sets of a metric and their numbers now. What is read only for an exposition is as of the last one.
    public func read(_ metric: Metric) -> [MetricReading] {
        let series = state.withLock { $0.families[metric.name]?.series ?? [] }
        return series.map { MetricReading($0) }
    }

    /// The text of all metrics, families and label sets in alphabetical order.
    public func exposition(_ format: MetricsFormat = .prometheus) -> [UInt8] {
        for collect in state.withLock({ $0.collectors }) { collect() }
        let families = state.withLock { Array($0.families.values) }
        var writer = Exposition(format: format)
        return writer.render(families)
    }
}

extension Metric {
    /// Whether the names are the declared ones in their order, and listed values are among those listed.
    fileprivate func allows(_ given: [(String, String)]) -> Bool {
        given.count == labels.count
            && zip(labels, given).allSatisfy { label, pair in
                label.name == pair.0 && (label.values.isEmpty || label.values.contains(pair.1))
            }
    }
}
