import Foundation
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// One service as a child process: started, its lines handed on, started again when it dies, stopped when told.
actor ManagedChild {
    /// How the supervision of a child ended.
    enum Outcome: Equatable, Sendable {
        /// It was asked to stop and did.
        case stopped(TerminationStatus)
        /// It died too often.
        case gaveUp
        /// Its program could not be started at all.
        case notStarted(String)
    }

    nonisolated let plan: ServicePlan
    private let program: String
    private let lifeline: Lifeline
    private let report: @Sendable (String) -> Void
    private let output: @Sendable (String) -> Void
    private var policy = RestartPolicy()
    private var deliver: (@Sendable (Signal) -> Void)?
    private var pause: Task<Void, any Error>?
    private var isStopping = false
    private var supervision: Task<Outcome, Never>?
    /// How the supervision ended; `nil` while it goes on.
    private(set) var finished: Outcome?

    /// - Parameters:
    ///   - program: The path of the service's program.
    ///   - lifeline: Becomes its standard input: it stops when this process is gone.
    ///   - output: Receives each line that the child writes.
    ///   - report: Receives what happened to the child, as a line for people.
    init(
        plan: ServicePlan, program: String, lifeline: Lifeline,
        output: @escaping @Sendable (String) -> Void, report: @escaping @Sendable (String) -> Void
    ) {
        self.plan = plan
        self.program = program
        self.lifeline = lifeline
        self.output = output
        self.report = report
    }

    /// Starts the child and keeps it running; `outcome` waits for the end of that.
    func start() {
        guard supervision == nil else { return }
        supervision = Task {
            let outcome = await supervise()
            finished = outcome
            return outcome
        }
    }

    /// Waits until the child is stopped for good.
    func outcome() async -> Outcome? { await supervision?.value }

    /// Sends SIGTERM, then SIGKILL after `grace`, and waits for the end.
    @discardableResult
    func stop(grace: Duration) async -> Outcome? {
        isStopping = true
        pause?.cancel()
        signal(.terminate)
        let killer = Task {
            try await Task.sleep(for: grace)
            report("\(plan.name) did not stop within \(grace.components.seconds) s: killed")
            signal(.kill)
        }
        defer { killer.cancel() }
        return await outcome()
    }

    private func signal(_ signal: Signal) {
        deliver?(signal)
    }

    private func supervise() async -> Outcome {
        while true {
            let status: TerminationStatus
            do {
                status = try await runOnce()
            } catch {
                return .notStarted("\(error)")
            }
            if isStopping { return .stopped(status) }
            switch policy.recordDeath(at: milliseconds()) {
            case .giveUp(let deaths):
                report("\(plan.name) died (\(status)); \(deaths) deaths within a minute, giving up")
                return .gaveUp
            case .restart(let delay):
                report("\(plan.name) died (\(status)); started again in \(delay) ms")
                await wait(milliseconds: delay)
            }
            if isStopping { return .stopped(status) }
        }
    }

    private func wait(milliseconds: UInt64) async {
        let sleep = Task { try await Task.sleep(for: .milliseconds(milliseconds)) }
        pause = sleep
        _ = try? await sleep.value
        pause = nil
    }

    private func runOnce() async throws -> TerminationStatus {
        var options = PlatformOptions()
        // A group of its own: Ctrl-C reaches only `up`, which stops its children in order.
        options.processGroupID = 0
        let result = try await run(
            .path(FilePath(program)),
            environment: .custom(environment()),
            platformOptions: options,
            input: .fileDescriptor(FileDescriptor(rawValue: lifeline.readEnd), closeAfterSpawningProcess: false),
            output: .sequence, error: .combinedWithOutput
        ) { execution in
            // A signal to a process that has just ended on its own fails: that is what was wanted.
            self.started { signal in try? execution.send(signal: signal) }
            for try await line in execution.standardOutput.strings() { self.output(line) }
        }
        deliver = nil
        return result.terminationStatus
    }

    private func started(_ deliver: @escaping @Sendable (Signal) -> Void) {
        self.deliver = deliver
        if isStopping { signal(.terminate) }
    }

    private func environment() -> [Environment.Key: String] {
        let names = plan.environment.merging(["STOP_AT_STDIN_EOF": "on"]) { _, ours in ours }
        return Dictionary(
            uniqueKeysWithValues: names.compactMap { name, value in
                Environment.Key(rawValue: name).map { ($0, value) }
            })
    }

    private func milliseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds / 1_000_000 }
}
