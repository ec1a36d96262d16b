import HTTP
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import Chassis

@Suite struct HealthTests {
    private let health = HealthRegistry()

    private func handler(stuck: [Int] = []) -> Handler {
        var router = Router()
        AdminRoutes(
            name: "gateway", version: "1.2.3", health: health, metrics: MetricsRegistry(), stuckLoops: { stuck }
        ).add(to: &router)
        return router.handler
    }

    private func body(_ response: Response) -> String {
        guard case .bytes(let bytes) = response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func isReadyBetweenStartAndDrain() async throws {
        let handler = handler()
        #expect(try await handler(Request(target: "/readyz")).status == .serviceUnavailable)
        health.startServing()
        #expect(try await handler(Request(target: "/readyz")).status == .ok)
        health.startDraining()
        let response = try await handler(Request(target: "/readyz"))
        #expect(response.status == .serviceUnavailable)
        #expect(body(response).contains(#""name":"lifecycle","status":"unhealthy","detail":"draining""#))
    }

    @Test func namesWhatFailed() async throws {
        health.startServing()
        health.register("storage") { HealthStatus.unhealthy("disk full") }
        health.register("feed") { .degraded("stale") }
        let handler = handler()
        let short = try await handler(Request(target: "/readyz"))
        #expect(short.status == .serviceUnavailable)
        #expect(body(short).contains("disk full") && !body(short).contains("feed"))
        let verbose = try await handler(Request(target: "/readyz?verbose"))
        #expect(body(verbose).contains("disk full") && body(verbose).contains("stale"))
    }

    @Test func degradedIsReady() async throws {
        health.startServing()
        health.register("feed") { .degraded("stale") }
        #expect(try await handler()(Request(target: "/readyz")).status == .ok)
        let verbose = try await handler()(Request(target: "/readyz?verbose"))
        #expect(verbose.status == .ok && body(verbose).contains("degraded"))
    }

    @Test func isAliveWhileLoopsTurn() async throws {
        #expect(try await handler()(Request(target: "/livez")).status == .ok)
        #expect(try await handler(stuck: [1])(Request(target: "/livez")).status == .serviceUnavailable)
    }

    @Test func showsVersionAndMetrics() async throws {
        #expect(try await body(handler()(Request(target: "/version"))) == #"{"service":"gateway","version":"1.2.3"}"#)
        let metrics = try await handler()(Request(target: "/metrics"))
        #expect(metrics.fields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    }
}
