import Chassis
import Sockets

// What is read when somebody looks at the metrics. The series of an address that is gone stay as they were until the
// next start; their number is bounded by the registry.
extension Upstream {
    func report(to registry: MetricsRegistry) {
        let status = status(now: CoarseClock.milliseconds())
        let name = status.name
        registry.gauge(
            GatewayMetricSet.declared.upstreamWaiting,
            labels: ["upstream": name]
        ).set(status.waiting)
        for state in [UpstreamStatus.Breaker.closed, .open, .halfOpen] {
            registry.gauge(
                GatewayMetricSet.declared.upstreamBreakerState,
                labels: ["upstream": name, "state": state.rawValue]
            ).set(status.breaker == state ? 1 : 0)
        }
        registry.gauge(
            GatewayMetricSet.declared.upstreamPanic,
            labels: ["upstream": name]
        ).set(status.isPanicking ? 1 : 0)
        for address in status.addresses { report(address, to: registry) }
    }

    private func report(_ address: UpstreamStatus.Address, to registry: MetricsRegistry) {
        let labels: KeyValuePairs = ["upstream": configuration.name, "address": address.address]
        registry.gauge(
            GatewayMetricSet.declared.upstreamInFlight,
            labels: labels
        ).set(address.inFlight)
        registry.gauge(
            GatewayMetricSet.declared.upstreamFit, labels: labels
        ).set(address.isFit ? 1 : 0)
        registry.gauge(
            GatewayMetricSet.declared.upstreamEjected, labels: labels
        ).set(address.ejectedFor == nil ? 0 : 1)
        registry.gauge(
            GatewayMetricSet.declared.upstreamLatency,
            labels: labels
        ).set(Double(address.latencyMicroseconds) / 1e6)
    }
}
