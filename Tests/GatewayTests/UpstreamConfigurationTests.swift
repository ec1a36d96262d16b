import HTTP
import Testing

@testable import Gateway

@Suite struct UpstreamConfigurationTests {
    private static func upstream(_ lines: String) throws -> UpstreamConfiguration? {
        try GatewayConfiguration(
            parsing: "upstreams:\n  one:\n    \(lines)\nroutes: []", environment: [:]
        ).upstreams.first
    }

    private func issues(_ lines: String) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try GatewayConfiguration(
                parsing: "upstreams:\n  one:\n    \(lines)\nroutes: []", environment: [:])
            return []
        } catch {
            return error.issues.map(\.description)
        }
    }

    @Test func everythingCanBeSaid() throws {
        let one = try Self.upstream(
            """
            endpoints: [{ url: "http://a:1", weight: 3 }, { url: "http://[::1]:2" }]
                balance: hash
                hash: { cookie: sid }
                slow_start: 30s
                outliers: { failures: 3, ejection: 10s, maximum_ejection: 1m, maximum_percent: 30, panic_percent: 20 }
                health: { path: /livez, port: 9080, interval: 2s, timeout: 500ms, healthy: 2, unhealthy: 3, expect: 204 }
                breaker: { error_percent: 20, minimum: 5, window: 5s, open: 1s }
                limits: { connections: 10, pending: 20, requests: 30 }
            """)
        let upstream = try #require(one)
        #expect(upstream.endpoints == [.init(host: "a", port: 1, weight: 3), .init(host: "::1", port: 2)])
        #expect(upstream.balance == .init(policy: .hash, key: .cookie("sid"), slowStart: 30_000))
        #expect(upstream.outliers.maximumEjection == 60_000)
        #expect(upstream.outliers.silence == 1_000)
        #expect(
            upstream.health
                == .init(
                    path: "/livez", port: 9080, interval: 2_000, timeout: 500, healthy: 2, unhealthy: 3, expect: 204))
        #expect(upstream.breaker == .init(errorPercent: 20, minimum: 5, window: 5_000, open: 1_000))
        #expect(upstream.limits == .init(connections: 10, pending: 20, requests: 30))
    }

    @Test func loopsShareTheConnections() {
        #expect(UpstreamLimits().perLoop(2) == nil)
        #expect(UpstreamLimits(connections: 5, pending: 3).perLoop(2) == .init(connections: 3, waiters: 2))
        #expect(UpstreamLimits(connections: 1, pending: 0).perLoop(8) == .init(connections: 1, waiters: 0))
        #expect(UpstreamLimits(connections: 8).perLoop(2)?.waiters == 1_024)
    }

    @Test(arguments: [
        ("audience: none", "3:5: upstreams.one: needs the key \"url\""),
        ("endpoints: []", "needs 1 to 256 endpoints"),
        ("endpoints: [{ url: \"http://a\" }]\n    url: http://b", "either \"url\" or \"endpoints\""),
        ("endpoints: [{ url: \"http://a\", weight: 0 }]", "must be a whole number from 1 to 1000, not \"0\""),
        ("endpoints: [{ url: \"http://a\", wieght: 2 }]", "did you mean \"weight\"?"),
        ("url: http://a\n    balance: least", "must be least_request or round_robin or hash"),
        ("url: http://a\n    hash: { by: user }", "is used with balance: hash only"),
        ("url: http://a\n    balance: hash\n    hash: { header: a, cookie: b }", "either \"header\" or \"cookie\""),
        ("url: http://a\n    balance: hash\n    hash: { header: \"a b\" }", "must be the name of a field or cookie"),
        ("url: http://a\n    health: { interval: 1s }", "needs the key \"path\""),
        ("url: http://a\n    health: { path: livez }", "must start with \"/\""),
        ("url: http://a\n    outliers: { ejection: 10m, maximum_ejection: 1m }", "must not be shorter than ejection"),
        ("url: http://a\n    breaker: { error_percent: 101 }", "from 0 to 100, not \"101\""),
        ("url: http://a\n    limits: { connections: 0 }", "from 1 to 1000000, not \"0\""),
    ])
    func everyMistakeIsFound(lines: String, expected: String) {
        let found = issues(lines)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }
}
