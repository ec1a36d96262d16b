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

/// A service with real sockets on ports that the system chose, run in this process.
private final class RunningService: Sendable {
    let output = CapturedOutput()
    let chassis: Chassis
    let isReleased = Atomic<Bool>(false)
    let isShutDown = Atomic<Bool>(false)
    var didShutDown: Bool { isShutDown.load(ordering: .relaxed) }
    private let logs: Logs
    private let group = Mutex<ServiceGroup?>(nil)
    private let finished = Mutex<Result<Void, any Error>?>(nil)

    init(_ more: [String: String] = [:]) throws {
        var values = [
            "PORT": "0", "ADMIN_PORT": "0", "BIND_ADDRESS": "127.0.0.1", "EVENT_LOOPS": "2", "LOG_FORMAT": "json",
            "DRAIN_DELAY_SECONDS": "0", "SHUTDOWN_GRACE_SECONDS": "10",
        ]
        values.merge(more) { $1 }
        let settings = Settings(values)
        logs = Logs(
            service: "gateway", version: "1", settings: try LogSettings(settings), outputs: [output],
            clock: SystemWallClock())
        chassis = try Chassis(name: "gateway", settings: settings, logger: logs.logger("gateway"))
    }

    private func definition() -> ServiceDefinition {
        var router = Router()
        router.get("/v1/users/{id}") { request in
            request.context.caller = "usr_1"
            request.context.client = "192.0.2.7"
            return .text("hello")
        }
        router.get("/v1/slow") { _ in
            try await waitUntil("the release") { self.isReleased.load(ordering: .relaxed) }
            return .text("at last")
        }
        router.get("/v1/failing") { _ in
            throw FileError(action: "read", path: "mail of ada@example.org", reason: "gone")
        }
        router.get("/v1/logging") { _ in
            self.chassis.logger.info("inside", metadata: ["key": "value"])
            return .text("logged")
        }
        return ServiceDefinition(
            handler: router.handler,
            adminRoutes: { $0.get("/own") { _ in .text("own") } },
            onShutdown: { self.isShutDown.store(true, ordering: .relaxed) })
    }

    func start() {
        Task {
            let runner = ServiceRunner(chassis: chassis, logs: logs, startedAt: .now)
            let result: Result<Void, any Error>
            do {
                result = .success(
                    try await runner.run(definition()) { new in self.group.withLock { $0 = new } })
            } catch { result = .failure(error) }
            finished.withLock { $0 = result }
        }
    }

    /// The ports of the `ready` line.
    func ports() async throws -> (service: Int, admin: Int) {
        try await waitUntil("ready", timeout: .seconds(60)) { self.output.text.contains(#""message":"ready""#) }
        let line = try #require(output.lines.first { $0.contains(#""message":"ready""#) })
        let json = try JSONValue(parsing: Array(line.utf8))
        let port = { (name: String) in Int(json[name]?.string?.split(separator: ":").last ?? "") }
        return (try #require(port("address")), try #require(port("admin_address")))
    }

    func stop() async { await group.withLock { $0 }?.triggerGracefulShutdown() }

    /// Waits for the end of the run; its error, if any, is thrown.
    func end() async throws {
        try await waitUntil("the end", timeout: .seconds(20)) { self.finished.withLock { $0 != nil } }
        logs.writer.flush()
        await chassis.loops.shutdown()
        try finished.withLock { $0 }?.get()
    }
}

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
