import Chassis
import Foundation
import HTTP
import HTTPTypes
import Sockets
import Testing

@testable import Gateway

/// The gateway's metrics are those that it declares, with their labels, and the other way round.
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

    @Test func everyDeclaredMetricIsExposedAndNoOther() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let service = FakeUserService()
            gateway.users.answer(service.answer)
            GatewayMetrics(gateway.metrics).watch(gateway.live)
            _ = (ReloadMetrics(gateway.metrics, now: 0), TunnelMetrics(gateway.metrics, upstream: "users"))
            try await gateway.expect(200, .get, "/open")
            let exposed = try exposed(gateway.metrics)
            let declared = Dictionary(
                uniqueKeysWithValues: GatewayMetricSet.all.map { ($0.name, $0.labels.map(\.name)) })
            #expect(Set(exposed.keys) == Set(declared.keys))
            for (name, labels) in exposed { #expect(labels.isSubset(of: declared[name] ?? []), "\(name)") }
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
}
