import Foundation
import Subprocess
import Synchronization

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// A program started by a test: its lines kept, its process id known, its end awaited.
final class RunningProgram: Sendable {
    /// What the program's task learns; a class of its own, since the task starts before `self` is complete.
    private final class Record: Sendable {
        struct State {
            var lines: [String] = []
            var process: Int32?
            var hasEnded = false
        }

        let state = Mutex(State())
    }

    private let record: Record
    private let finished: Task<TerminationStatus?, Never>

    /// Starts `path`; `environment` is added to the test's own.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) {
        let record = Record()
        self.record = record
        let changes = Dictionary(
            uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) })
        finished = Task {
            defer { record.state.withLock { $0.hasEnded = true } }
            let result = try? await run(
                .path(FilePath(path)), arguments: Arguments(arguments), environment: .inherit.updating(changes),
                input: .none, output: .sequence, error: .combinedWithOutput
            ) { execution in
                let process = execution.processIdentifier.value
                record.state.withLock { $0.process = process }
                for try await line in execution.standardOutput.strings() {
                    record.state.withLock { $0.lines.append(line) }
                }
            }
            return result?.terminationStatus
        }
    }

    /// Everything that it has written so far, a line each.
    var lines: [String] { record.state.withLock { $0.lines } }

    /// The same as one text.
    var output: String { lines.joined(separator: "\n") }

    var processIdentifier: Int32? { record.state.withLock { $0.process } }

    var hasEnded: Bool { record.state.withLock { $0.hasEnded } }

    /// Sends a signal to this process alone.
    func send(_ signal: Int32) {
        if let process = processIdentifier, !hasEnded { kill(process, signal) }
    }

    /// Waits for its end: its exit status; `nil` when it could not be started or a signal ended it.
    func exitStatus() async -> Int32? {
        if case .exited(let status)? = await finished.value { status } else { nil }
    }
}
