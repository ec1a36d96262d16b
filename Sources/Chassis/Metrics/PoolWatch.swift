import HTTP
import ServiceLifecycle
import Sockets
import Synchronization

/// Shows how the connections to other services are used. Each pool lives on a loop of its own and is asked there, once a
/// second: too dear for every request, and cheap enough for everybody who scrapes.
struct PoolWatch: Service {
    let client: HTTPClient
    let metrics: PoolMetrics

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                metrics.show(await client.poolStates())
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// Connections of the service's client by address, all loops together.
final class PoolMetrics: Sendable {
    private let registry: MetricsRegistry
    /// Addresses that were shown before: one that is gone has none left, it does not keep what it had.
    private let known = Mutex<Set<String>>([])

    init(_ registry: MetricsRegistry) { self.registry = registry }

    func show(_ states: [HTTPClient.PoolState]) {
        let byAddress = Dictionary(grouping: states) { $0.address.description }
        let all = known.withLock { known in
            known.formUnion(byAddress.keys)
            return known
        }
        for address in all { show(byAddress[address] ?? [], address) }
    }

    private func show(_ states: [HTTPClient.PoolState], _ address: String) {
        for (state, count) in [
            ("idle", \HTTPClient.PoolState.idle), ("leased", \.leased), ("connecting", \.connecting),
        ] {
            registry.gauge(
                ChassisMetricSet.declared.clientConnections,
                labels: ["address": address, "state": state]
            ).set(states.reduce(0) { $0 + $1[keyPath: count] })
        }
        registry.gauge(
            ChassisMetricSet.declared.clientWaiting,
            labels: ["address": address]
        ).set(states.reduce(0) { $0 + $1.waiting })
    }
}
