import Chassis
import Sockets

// What is read when somebody looks at the metrics. The series of an address that is gone stay as they were until the
// next start; their number is bounded by the registry.
extension Upstream {
    func report(to registry: MetricsRegistry) {
        let status = status(now: CoarseClock.milliseconds())
        let name = status.name
        registry.gauge(
            "gateway_upstream_waiting", help: "Requests that wait for an upstream without an address.",
            labels: ["upstream": name]
        ).set(status.waiting)
        for state in [UpstreamStatus.Breaker.closed, .open, .halfOpen] {
            registry.gauge(
                "gateway_upstream_breaker_state", help: "1 for the state that the circuit breaker is in.",
                labels: ["upstream": name, "state": state.rawValue]
            ).set(status.breaker == state ? 1 : 0)
        }
        registry.gauge(
            "gateway_upstream_panic", help: "1 while so few addresses are fit that all are used.",
            labels: ["upstream": name]
        ).set(status.isPanicking ? 1 : 0)
        for address in status.addresses { report(address, to: registry) }
    }

    private func report(_ address: UpstreamStatus.Address, to registry: MetricsRegistry) {
        let labels: KeyValuePairs = ["upstream": configuration.name, "address": address.address]
        registry.gauge(
            "gateway_upstream_in_flight", help: "Requests that an address has not answered to the last byte.",
            labels: labels
        ).set(address.inFlight)
        registry.gauge(
            "gateway_upstream_fit", help: "1 while an address is neither unhealthy nor left out.", labels: labels
        ).set(address.isFit ? 1 : 0)
        registry.gauge(
            "gateway_upstream_ejected", help: "1 while an address is left out for its failures.", labels: labels
        ).set(address.ejectedFor == nil ? 0 : 1)
        registry.gauge(
            "gateway_upstream_latency_seconds", help: "Moving average of the time until the head of an answer.",
            labels: labels
        ).set(Double(address.latencyMicroseconds) / 1e6)
    }
}
