import Chassis
import HTTP
import HTTPTypes

/// What becomes of a route's answers on their way out. A route without any of it has none of these.
final class AnswerFilters: Sendable {
    let cors: CorsPolicy?
    private let compression: Compression?
    private let metrics: BrowserMetrics

    /// `nil` when the configuration asks for nothing.
    init?(_ configuration: AnswerConfiguration, methods: [String], metrics: BrowserMetrics) {
        guard configuration != AnswerConfiguration() else { return nil }
        cors = configuration.cors.map { CorsPolicy($0, methods: methods) }
        compression = configuration.compression.map {
            Compression(minimumLength: $0.minimum, types: $0.types, flushesPieces: true)
        }
        self.metrics = metrics
    }

    func apply(to response: inout Response, _ request: Request) throws {
        if let compression, try compression.apply(to: &response, for: request) { metrics.compressed.increment() }
        cors?.apply(to: &response, request)
    }

    func apply(to problem: inout Problem, _ request: Request) { cors?.apply(to: &problem, request) }

    /// The answer to a preflight from `origin`; `nil` when the route leaves such requests to its service.
    func answer(preflightFrom origin: String) -> Response? {
        guard let cors else { return nil }
        (cors.allows(origin) ? metrics.preflightsAllowed : metrics.preflightsRefused).increment()
        return cors.answer(preflightFrom: origin)
    }
}

/// What is counted about browsers' requests.
struct BrowserMetrics: Sendable {
    let preflightsAllowed: CounterMetric
    let preflightsRefused: CounterMetric
    let compressed: CounterMetric

    init(_ registry: MetricsRegistry) {
        preflightsAllowed = registry.counter(
            GatewayMetricSet.declared.corsPreflights, labels: ["result": "allowed"])
        preflightsRefused = registry.counter(
            GatewayMetricSet.declared.corsPreflights, labels: ["result": "refused"])
        compressed = registry.counter(
            GatewayMetricSet.declared.compressedResponses)
    }
}
