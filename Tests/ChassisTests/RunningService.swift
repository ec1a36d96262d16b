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
final class RunningService: Sendable {
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
        var definition = ServiceDefinition(
            handler: router.handler,
            adminRoutes: { $0.get("/own") { _ in .text("own") } },
            onShutdown: { self.isShutDown.store(true, ordering: .relaxed) })
        definition.template = router.templates
        return definition
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
