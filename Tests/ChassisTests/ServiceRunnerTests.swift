import HTTP
import HTTPTypes
import JSON
import Logging
import ServiceLifecycle
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Chassis

@Suite struct ServiceRunnerTests {
    private func get(_ path: String, _ port: Int, fields: String = "") throws -> String {
        let client = try RawClient(port: port)
        try client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
        return try client.readAnswer()
    }

    @Test func servesBothPortsUntilToldToStop() async throws {
        let service = try RunningService()
        service.start()
        let (port, admin) = try await service.ports()
        #expect(try get("/v1/users/7", port).hasPrefix("HTTP/1.1 200"))
        #expect(try get("/readyz", admin).hasPrefix("HTTP/1.1 200"))
        #expect(try get("/livez", admin).hasPrefix("HTTP/1.1 200"))
        #expect(try get("/own", admin).hasSuffix("own"))
        #expect(try get("/metrics", port).hasPrefix("HTTP/1.1 404"))
        let metrics = try get("/metrics", admin)
        #expect(
            metrics.contains(
                #"_count{http_request_method="GET",http_response_status_code="200",http_route="/v1/users/{id}"} 1"#))
        #expect(metrics.contains(#"http_route="unmatched"} 1"#))
        #expect(!metrics.contains("/v1/users/7"))
        await service.stop()
        try await service.end()
        #expect(service.didShutDown)
        #expect(throws: SystemCallFailure.self) { try RawClient(port: port) }
        #expect(throws: SystemCallFailure.self) { try RawClient(port: admin) }
    }

    @Test func finishesWhatIsInFlightAndAcceptsDuringTheDelay() async throws {
        let service = try RunningService(["DRAIN_DELAY_SECONDS": "2"])
        service.start()
        let (port, admin) = try await service.ports()
        let slow = try RawClient(port: port, timeout: 30)
        try slow.send("GET /v1/slow HTTP/1.1\r\nHost: x\r\n\r\n")
        try await waitUntil("the slow request") { try self.get("/metrics", admin).contains("active_requests 1\n") }
        await service.stop()
        try await waitUntil("unready") { try self.get("/readyz", admin).hasPrefix("HTTP/1.1 503") }
        #expect(try get("/v1/users/7", port).hasPrefix("HTTP/1.1 200"))
        try await waitUntil("close") { try self.get("/v1/users/7", port).lowercased().contains("connection: close") }
        service.isReleased.store(true, ordering: .relaxed)
        let answer = try slow.readTextToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 200") && answer.hasSuffix("at last"))
        try await service.end()
        #expect(service.didShutDown)
    }

    @Test func writesOneAccessLineARequest() async throws {
        let service = try RunningService()
        service.start()
        let (port, _) = try await service.ports()
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let fields = "traceparent: \(trace)\r\nX-Request-Id: abc-1\r\nAuthorization: Bearer verysecret\r\n"
        _ = try get("/v1/users/ada@example.org?email=ada@example.org", port, fields: fields)
        _ = try get("/v1/failing", port)
        await service.stop()
        try await service.end()
        let lines = try service.output.lines.filter { $0.contains(#""message":"request""#) }
            .map { try JSONValue(parsing: Array($0.utf8)) }
        #expect(lines.count == 2)
        let first = try #require(lines.first { $0["request_id"]?.string == "abc-1" })
        #expect(first["trace_id"]?.string == "0af7651916cd43dd8448eb211c80319c")
        #expect(first["route"]?.string == "/v1/users/{id}" && first["method"]?.string == "GET")
        #expect(first["status"]?.integer == 200 && first["bytes_out"]?.integer == 5)
        #expect(first["caller"]?.string == "usr_1" && first["peer"]?.string == "127.0.0.1")
        #expect(first["client"]?.string == "192.0.2.7")
        #expect(first["level"]?.string == "info" && first["service"]?.string == "gateway")
        #expect(RFC3339.milliseconds(first["time"]?.string ?? "") != nil)
        let failed = try #require(lines.first { $0["status"]?.integer == 500 })
        #expect(failed["level"]?.string == "error" && failed["reason"]?.string?.contains("gone") == true)
        #expect(!service.output.text.contains("example.org") && !service.output.text.contains("verysecret"))
    }

    @Test func writesFewerAccessLinesWhereFewerAreWanted() async throws {
        let service = try RunningService(["ACCESS_LOG_SAMPLE_RATIO": "0.5", "OTEL_TRACES_SAMPLER": "always_off"])
        service.start()
        let (port, _) = try await service.ports()
        // All but impossible (2 in 2^64) that each or none has its line.
        for _ in 0..<64 { _ = try get("/v1/users/7", port) }
        for _ in 0..<8 { _ = try get("/nobody/knows", port) }
        await service.stop()
        try await service.end()
        let lines = try service.output.lines.filter { $0.contains(#""message":"request""#) }
            .map { try JSONValue(parsing: Array($0.utf8)) }
        let chosen = lines.filter { $0["status"]?.integer == 200 }
        #expect((1..<64).contains(chosen.count))
        #expect(chosen.allSatisfy { $0["sample_ratio"] == .number(0.5) })
        let refused = lines.filter { $0["status"]?.integer == 404 }
        #expect(refused.count == 8 && refused.allSatisfy { $0["sample_ratio"] == nil })
    }

    @Test func linesOfARequestCarryItsIds() async throws {
        let service = try RunningService()
        service.start()
        let (port, _) = try await service.ports()
        _ = try get("/v1/logging", port)
        await service.stop()
        try await service.end()
        let lines = try service.output.lines.map { try JSONValue(parsing: Array($0.utf8)) }
        let inside = try #require(lines.first { $0["message"]?.string == "inside" })
        let access = try #require(lines.first { $0["message"]?.string == "request" })
        for id in ["trace_id", "span_id"] { #expect(inside[id] == access[id] && inside[id] != nil) }
        #expect(lines.first { $0["message"]?.string == "ready" }?["trace_id"] == nil)
    }

    @Test func keepsWhatFailsWhateverTheSamplerSaysAndShowsItToOperators() async throws {
        let service = try RunningService([
            "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0", "ADMIN_TOKEN": "the-token",
        ])
        service.start()
        let (port, admin) = try await service.ports()
        let parent = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
        _ = try get("/v1/users/7", port, fields: parent)
        _ = try get("/v1/failing?secret=planted", port, fields: parent)
        let token = "Authorization: Bearer the-token\r\n"
        let list = try get("/traces", admin, fields: token)
        #expect(list.contains(#""name":"GET /v1/failing""#) && !list.contains("/v1/users"))
        #expect(
            try get("/traces?error=true&route=/v1/failing&slow=0&limit=1", admin, fields: token).contains("0af76519"))
        #expect(try get("/traces?slow=60000", admin, fields: token).contains(#""data":[]"#))
        for query in ["slow=x", "error=maybe", "limit=0"] {
            #expect(try get("/traces?\(query)", admin, fields: token).hasPrefix("HTTP/1.1 400"))
        }
        let shown = try get("/traces/0af7651916cd43dd8448eb211c80319c", admin, fields: token)
        #expect(shown.contains(#""parent_span_id":"b7ad6b7169203331""#) && shown.contains(#""error":true"#))
        #expect(!shown.contains("example.org") && !shown.contains("planted"))
        #expect(try get("/traces/0af7651916cd43dd8448eb211c80319d", admin, fields: token).hasPrefix("HTTP/1.1 404"))
        #expect(try get("/traces", admin).hasPrefix("HTTP/1.1 401"))
        await service.stop()
        try await service.end()
    }

    @Test func recordsNothingWhenTold() async throws {
        let service = try RunningService(["TRACES_RING": "0", "ADMIN_TOKEN": "the-token"])
        service.start()
        let (port, admin) = try await service.ports()
        _ = try get("/v1/failing", port)
        #expect(try get("/traces", admin, fields: "Authorization: Bearer the-token\r\n").contains(#""data":[]"#))
        #expect(!service.chassis.traces.isOn)
        await service.stop()
        try await service.end()
    }

    @Test func writesNoAccessLineWhenTold() async throws {
        let service = try RunningService(["ACCESS_LOG": "off"])
        service.start()
        let (port, _) = try await service.ports()
        _ = try get("/v1/users/7", port)
        await service.stop()
        try await service.end()
        #expect(!service.output.text.contains(#""message":"request""#))
    }

    @Test func stopsWhenAPortIsTaken() async throws {
        let first = try RunningService()
        first.start()
        let (port, _) = try await first.ports()
        let second = try RunningService(["PORT": String(port)])
        second.start()
        await #expect(throws: SocketError.self) { try await second.end() }
        #expect(second.didShutDown)
        await first.stop()
        try await first.end()
    }

    @Test func noticesALoopThatDoesNotTurn() async throws {
        let group = try EventLoopGroup(count: 2)
        let monitor = LoopMonitor(group, metrics: MetricsRegistry())
        #expect(monitor.stuckLoops().isEmpty)
        #expect(monitor.stuckLoops(now: CoarseClock.milliseconds() + LoopMonitor.bound + 1_000) == [0, 1])
        monitor.stop()
        await group.shutdown()
    }
}
