import Foundation
import Synchronization
import TestSupport

/// The whole system as `tollgate up`, or `tollgate mono`, runs it, on ports and in a folder of its own.
final class RunningSystem: Sendable {
    let directory: TemporaryDirectory
    let up: RunningProgram
    private let ports: PortBlock

    var port: Int { ports.first }
    var api: APIClient { APIClient(port: port) }
    var data: String { directory.file("data") }

    /// Starts a system and waits until `up` says that it is ready.
    /// - Parameter command: `mono` for one process.
    init(_ command: String = "up", environment: [String: String] = ["RATE_LIMITS": "off"]) async throws {
        directory = try TemporaryDirectory()
        ports = try PortBlock()
        let up = RunningProgram(
            Programs.tollgate, [command, "--data", directory.file("data"), "--port", "\(ports.first)"],
            environment: environment)
        self.up = up
        try await waitUntil("the system is ready", timeout: .seconds(90)) {
            up.hasEnded || up.output.contains("Tollgate is ready")
        }
        guard !up.hasEnded else { throw SystemFailure("up ended:\n\(up.output)") }
    }

    /// Stops the system as Ctrl-C does.
    @discardableResult
    func stop() async -> Int32? {
        up.send(SIGINT)
        return await up.exitStatus()
    }

    /// The process ids of the children of `up` that run the program `name`.
    func processes(of name: String) async throws -> [Int32] {
        guard let parent = up.processIdentifier else { return [] }
        return try await ProcessList.now().filter { $0.parent == parent && $0.program == name && !$0.isZombie }
            .map(\.process)
    }
}

struct SystemFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One system for all tests that do not break it; stopped when the test process ends.
enum SharedSystem {
    private static let task = Task {
        let system = try await RunningSystem()
        running.withLock { $0 = (system.up.processIdentifier ?? 0, system.directory.path) }
        atexit { SharedSystem.stopAtExit() }
        return system
    }
    private static let running = Mutex<(process: Int32, folder: String)>((0, ""))

    static var system: RunningSystem { get async throws { try await task.value } }

    private static func stopAtExit() {
        let (process, folder) = running.withLock { $0 }
        guard process > 0 else { return }
        kill(process, SIGTERM)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
