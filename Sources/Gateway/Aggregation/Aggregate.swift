import Chassis

/// An aggregate as the hot path uses it.
final class Aggregate: Sendable {
    let configuration: AggregateConfiguration
    /// The upstreams of the parts, in the order of the file.
    let upstreams: [Upstream]
    private let metrics: [PartMetrics]

    /// `nil` when a part names an upstream that is not there: the configuration was not checked.
    init?(_ configuration: AggregateConfiguration, upstreams: [String: Upstream], metrics: GatewayMetrics) {
        self.configuration = configuration
        self.upstreams = configuration.parts.compactMap { upstreams[$0.upstream] }
        self.metrics = configuration.parts.map { metrics.part($0.name, of: configuration.name) }
        guard self.upstreams.count == configuration.parts.count else { return nil }
    }

    func count(_ document: AggregateDocument) {
        for (metrics, entry) in zip(metrics, document.outcomes) {
            switch entry.outcome {
            case .value: metrics.arrived.increment()
            case .refused: metrics.refused.increment()
            case .failed: metrics.failed.increment()
            case .skipped: metrics.skipped.increment()
            }
        }
    }
}

/// How often one part of an aggregate came out how.
struct PartMetrics: Sendable {
    let arrived: CounterMetric
    let refused: CounterMetric
    let failed: CounterMetric
    let skipped: CounterMetric

    init(_ registry: MetricsRegistry, part: String, aggregate: String) {
        func cell(_ result: String) -> CounterMetric {
            registry.counter(
                GatewayMetricSet.declared.aggregateParts,
                labels: ["aggregate": aggregate, "part": part, "result": result])
        }
        (arrived, refused, failed, skipped) = (cell("arrived"), cell("refused"), cell("failed"), cell("skipped"))
    }
}
