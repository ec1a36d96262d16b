import Chassis
import Foundation
import HTTP
import HTTPTypes
import Sockets
import Testing

@testable import Gateway

/// The gateway's metrics are those that docs/metrics.md names, with their labels, and the other way round.
@Suite struct MetricNameTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}", throttle: { in_flight: 10 }, retries: { attempts: 0 } }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        projection: { upstream: users }
        rate_limits:
          tight: { key: address, quota: 100, window: 1h }
        cors: { origins: [https://app.example.com] }
        routes:
          - { name: open, path: /open, upstream: payments, auth: public, rate_limits: [tight] }
        aggregates:
          - { name: whole, path: /whole, auth: public, parts: { one: { upstream: payments, path: /one } } }
        """

    /// The rows of docs/metrics.md by the name that they begin with, each without its meaning.
    private func documented() throws -> [String: String] {
        let page = try DocumentationTests.text(of: "docs/metrics.md")
        let rows = page.components(separatedBy: "\n").filter { $0.hasPrefix("| `gateway_") }
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let cells = row.components(separatedBy: " | ")
                return (cells[0].filter { !"| `".contains($0) }, cells[1])
            })
    }

    /// The families of an exposition with the names of their labels.
    private func exposed(_ registry: MetricsRegistry) throws -> [String: Set<String>] {
        let lines = String(decoding: registry.exposition(), as: UTF8.self).components(separatedBy: "\n")
        var families: [String: Set<String>] = [:]
        for line in lines where line.hasPrefix("# TYPE gateway_") {
            families[line.components(separatedBy: " ")[2]] = []
        }
        for line in lines where line.hasPrefix("gateway_") {
            let series = line.prefix { $0 != "{" && $0 != " " }
            let name = families.keys.filter { series.hasPrefix($0) }.max { $0.count < $1.count }
            let labels = line.matches(of: try Regex("[{,]([a-z_]+)=\"")).map { String($0.output[1].substring ?? "") }
            families[try #require(name)]?.formUnion(labels.filter { $0 != "le" })
        }
        return families
    }

    @Test func documentationAndExpositionNameTheSame() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let service = FakeUserService()
            gateway.users.answer(service.answer)
            GatewayMetrics(gateway.metrics).watch(gateway.live)
            _ = (ReloadMetrics(gateway.metrics, now: 0), TunnelMetrics(gateway.metrics, upstream: "users"))
            try await gateway.expect(200, .get, "/open")
            PoolMetrics(gateway.metrics).show(await gateway.client.poolStates())
            let (exposed, documented) = (try exposed(gateway.metrics), try documented())
            #expect(Set(exposed.keys) == Set(documented.keys))
            for (name, labels) in exposed {
                for label in labels {
                    #expect(
                        documented[name]?.contains("`\(label)`") == true, "\(name): \(label)")
                }
            }
        }
    }

    // MARK: - Single ones

    @Test func theDurationOfEachTryIsAHistogram() async throws {
        let yaml = Self.yaml.replacing(
            "url: \"${PAYMENTS}\"", with: "url: \"${PAYMENTS}\", timeouts: { per_try: 100ms, total: 100ms }")
        try await GatewayFixture.run(yaml) { gateway in
            gateway.payments.answer { received in
                if received.method == "POST" { try await Task.sleep(for: .seconds(30)) }
                return .text("done")
            }
            for _ in 0..<3 { try await gateway.expect(200, .get, "/open") }
            _ = try? await gateway.send(.post, "/open", body: [1])
            let text = String(decoding: gateway.metrics.exposition(), as: UTF8.self)
            // The one that was given up is among them.
            #expect(text.contains(#"gateway_upstream_request_duration_seconds_count{upstream="payments"} 4"#))
            let sum = try #require(
                text.firstMatch(of: try Regex(#"duration_seconds_sum\{upstream="payments"\} ([0-9.e-]+)"#)))
            // Answers of far less than a millisecond count for what they took.
            #expect(Double(sum.output[1].substring ?? "") ?? 0 > 0.09)
            let average = gateway.gateway.upstreams[1].status(now: 0).addresses[0].latencyMicroseconds
            #expect(average > 0)
        }
    }

    @Test func connectionsAreShownAsLongAsTheyAreThere() {
        let registry = MetricsRegistry()
        let metrics = PoolMetrics(registry)
        let address = SocketAddress(ip: "192.0.2.1", port: 80)!
        let state = HTTPClient.PoolState(address: address, idle: 2, leased: 3, connecting: 1, waiting: 4)
        let lines = { String(decoding: registry.exposition(), as: UTF8.self) }
        metrics.show([state, state])
        for (label, count) in [("idle", 4), ("leased", 6), ("connecting", 2)] {
            let line = "gateway_client_connections{address=\"192.0.2.1:80\",state=\"\(label)\"} \(count)"
            #expect(lines().contains(line))
        }
        #expect(lines().contains("gateway_client_waiting{address=\"192.0.2.1:80\"} 8"))
        metrics.show([])
        #expect(lines().contains("gateway_client_connections{address=\"192.0.2.1:80\",state=\"idle\"} 0"))
        #expect(lines().contains("gateway_client_waiting{address=\"192.0.2.1:80\"} 0"))
    }
}
