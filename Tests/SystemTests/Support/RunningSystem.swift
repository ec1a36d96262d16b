import Foundation
import Synchronization
import TestSupport

/// The whole system as `tollgate up` runs it, on ports and in a folder of its own.
final class RunningSystem: Sendable {
    let directory: TemporaryDirectory
    let port: Int
    let up: RunningProgram

    var api: APIClient { APIClient(port: port) }
    var data: String { directory.file("data") }

    /// Starts a system and waits until `up` says that it is ready. A port that somebody else took in between is left
    /// for another one.
    init(environment: [String: String] = ["RATE_LIMITS": "off"]) async throws {
        let directory = try TemporaryDirectory()
        for _ in 0..<10 {
            let port = Int.random(in: 10_000...30_000)
            let up = RunningProgram(
                Programs.tollgate, ["up", "--data", directory.file("data"), "--port", "\(port)"],
                environment: environment)
            try await waitUntil("the system is ready", timeout: .seconds(90)) {
                up.hasEnded || up.output.contains("Tollgate is ready")
            }
            if up.hasEnded, up.output.contains("is in use") { continue }
            guard !up.hasEnded else { throw SystemFailure("up ended:\n\(up.output)") }
            (self.directory, self.port, self.up) = (directory, port, up)
            return
        }
        throw SystemFailure("no free ports")
    }

    /// Stops the system as Ctrl-C does.
    @discardableResult
    func stop() async -> Int32? {
        up.send(SIGINT)
        return await up.exitStatus()
    }

    /// The process ids of the children of `up` that run the program `name`.
    func processes(of name: String) throws -> [Int32] {
        guard let parent = up.processIdentifier else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter { process in
            guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let end = stat.lastIndex(of: ")")
            else { return false }
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            // The kernel keeps 15 characters of a program's name.
            return fields.count > 1 && fields[0] != "Z" && fields[1] == "\(parent)"
                && stat[..<end].hasSuffix("(" + name.prefix(15))
        }
    }
}

extension RunningSystem {
    /// Whether a process is there and has not ended. Whoever inherits an orphan may be slow to collect its status.
    static func isRunning(_ process: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return false }
        return !stat[end...].hasPrefix(") Z")
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
