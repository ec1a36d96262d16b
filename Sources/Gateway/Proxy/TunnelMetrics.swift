import Chassis
import HTTP

/// What is counted about the WebSocket tunnels to one upstream.
struct TunnelMetrics: Sendable {
    private let open: GaugeMetric
    private let total: CounterMetric
    private let fromClients: CounterMetric
    private let toClients: CounterMetric

    init(_ registry: MetricsRegistry, upstream: String) {
        open = registry.gauge(
            GatewayMetricSet.declared.tunnelsOpen, labels: ["upstream": upstream])
        total = registry.counter(
            GatewayMetricSet.declared.tunnels, labels: ["upstream": upstream])
        fromClients = registry.counter(
            GatewayMetricSet.declared.tunnelBytes, labels: ["upstream": upstream, "direction": "from_client"])
        toClients = registry.counter(
            GatewayMetricSet.declared.tunnelBytes, labels: ["upstream": upstream, "direction": "to_client"])
    }

    /// The answer with its tunnel counted, if it has one.
    func counted(_ response: Response) -> Response {
        guard case .tunnel(let serve) = response.body else { return response }
        var response = response
        response.body = .tunnel { [self] client in
            open.add(1)
            total.increment()
            defer { open.add(-1) }
            client.meter = Meter(self)
            try await serve(client)
        }
        return response
    }

    private final class Meter: TunnelMeter {
        private let metrics: TunnelMetrics

        init(_ metrics: TunnelMetrics) { self.metrics = metrics }

        func received(_ count: Int) { metrics.fromClients.increment(by: UInt64(max(0, count))) }
        func sent(_ count: Int) { metrics.toClients.increment(by: UInt64(max(0, count))) }
    }
}
