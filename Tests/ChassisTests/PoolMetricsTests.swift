import HTTP
import Sockets
import Testing

@testable import Chassis

/// What the connections to other services do, by address.
@Suite struct PoolMetricsTests {
    @Test func connectionsAreShownAsLongAsTheyAreThere() {
        let registry = MetricsRegistry()
        let metrics = PoolMetrics(registry)
        let address = SocketAddress(ip: "192.0.2.1", port: 80)!
        let state = HTTPClient.PoolState(address: address, idle: 2, leased: 3, connecting: 1, waiting: 4)
        let lines = { String(decoding: registry.exposition(), as: UTF8.self) }
        metrics.show([state, state])
        for (label, count) in [("idle", 4), ("leased", 6), ("connecting", 2)] {
            let line = "http_client_connections{address=\"192.0.2.1:80\",state=\"\(label)\"} \(count)"
            #expect(lines().contains(line))
        }
        #expect(lines().contains("http_client_waiting{address=\"192.0.2.1:80\"} 8"))
        metrics.show([])
        #expect(lines().contains("http_client_connections{address=\"192.0.2.1:80\",state=\"idle\"} 0"))
        #expect(lines().contains("http_client_waiting{address=\"192.0.2.1:80\"} 0"))
    }
}
