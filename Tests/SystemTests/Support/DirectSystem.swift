import Foundation
import Synchronization
import HTTPTypes
import TestSupport

@testable import TollgateTool

/// The three services without `up`: each is stopped, killed and started when the test says so.
final class DirectSystem: Sendable {
    let directory: TemporaryDirectory
    let plans: [String: ServicePlan]
    private let ports: PortBlock
    private let replicaPorts: PortBlock
    private let programs = Mutex<[String: RunningProgram]>([:])
    /// Everything that was started, the ended ones too.
    private let started = Mutex<[RunningProgram]>([])

    var port: Int { ports.first }
    var api: APIClient { APIClient(port: port) }
    var data: String { directory.path }

    /// Makes keys and starts everything, services first.
    /// - Parameter directory: where the data lies; it lives as long as the system.
    init(
        environment: [String: String] = ["RATE_LIMITS": "off"], keeping directory: TemporaryDirectory? = nil
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        let keys = RunningProgram(
            Programs.tollgate, ["keys", "init", "--format", "dir", "--dir", "\(directory.path)/keys"])
        guard await keys.exitStatus() == 0 else { throw SystemFailure("keys init: \(keys.output)") }
        (ports, replicaPorts) = (try PortBlock(), try PortBlock(count: 1))
        let all = ServicePlan.all(port: ports.first, data: directory.path, inherited: environment)
        plans = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
        for plan in all {
            try FileManager.default.createDirectory(
                atPath: "\(directory.path)/\(plan.name)", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
        for name in ["user-service", "payments-service", "gateway"] { try await start(name) }
    }

    /// Starts one service and waits until it is ready.
    func start(_ name: String) async throws {
        guard let plan = plans[name] else { return }
        let program = RunningProgram("\(Programs.folder)/\(name)", [], environment: plan.environment)
        programs.withLock { $0[name] = program }
        started.withLock { $0.append(program) }
        let admin = APIClient(port: plan.adminPort)
        try await waitUntil("\(name) is ready", timeout: .seconds(60)) {
            if program.hasEnded { throw SystemFailure("\(name) ended:\n\(program.output)") }
            return (try? await admin.send(.get, "/readyz").status) == 200
        }
    }

    /// Starts another gateway beside the first, each time on the same ports of its own, and waits until it is ready.
    func startReplica() async throws -> APIClient {
        guard let plan = plans["gateway"] else { throw SystemFailure("no gateway") }
        let port = replicaPorts.first
        let program = RunningProgram(
            "\(Programs.folder)/gateway", [],
            environment: plan.environment.merging(["PORT": "\(port)", "ADMIN_PORT": "\(port + 1000)"]) { $1 })
        programs.withLock { $0["replica"] = program }
        started.withLock { $0.append(program) }
        let admin = APIClient(port: port + 1000)
        try await waitUntil("the replica is ready", timeout: .seconds(60)) {
            if program.hasEnded { throw SystemFailure("the replica ended:\n\(program.output)") }
            return (try? await admin.send(.get, "/readyz").status) == 200
        }
        return APIClient(port: port)
    }

    /// What all programs have written so far.
    var output: String { started.withLock { $0 }.map(\.output).joined(separator: "\n") }

    /// Sends a signal and waits for the end of the process.
    @discardableResult
    func stop(_ name: String, with signal: Int32 = SIGTERM) async -> Int32? {
        guard let program = programs.withLock({ $0[name] }) else { return nil }
        program.send(signal)
        return await program.exitStatus()
    }

    /// Sends a signal that does not end the process.
    func signal(_ name: String, _ signal: Int32) { programs.withLock { $0[name] }?.send(signal) }

    /// Whether the process has ended.
    func hasEnded(_ name: String) -> Bool { programs.withLock { $0[name] }?.hasEnded ?? true }

    /// What the process has written so far.
    func output(_ name: String) -> String { programs.withLock { $0[name] }?.output ?? "" }

    func stopAll() async {
        for name in ["replica", "gateway", "payments-service", "user-service"] { await stop(name) }
    }

    deinit { for program in programs.withLock({ $0.values }) { program.send(SIGKILL) } }
}
