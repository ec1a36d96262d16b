import Subprocess
import UnixSignals

/// Starts the system in order, keeps it running, and stops it in order.
struct Supervisor {
    let gateway: ManagedChild
    let services: [ManagedChild]
    let readiness: ReadinessProbe
    let terminal: Terminal
    /// What to tell the user when everything is ready.
    let welcome: String

    /// What ended the run.
    private enum Event: Sendable {
        case signal
        case childEnded(String, ManagedChild.Outcome?)
        case ready
        case notReady(Failure)
    }

    /// How long a service may take from its start until `/readyz` answers 200.
    static let startTimeout: Duration = .seconds(30)

    /// Runs until a signal arrives or a child is given up on.
    ///
    /// - Returns: The exit status: 0 after a signal, 1 after a failure.
    func run() async -> Int32 {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let status = await withTaskGroup(of: Event.self, returning: Int32.self) { group in
            group.addTask {
                for await _ in signals { break }
                return .signal
            }
            group.addTask { await startAll() }
            let status = await firstEnd(&group)
            await stopAll()
            group.cancelAll()
            return status
        }
        return status
    }

    private func firstEnd(_ group: inout TaskGroup<Event>) async -> Int32 {
        for await event in group {
            switch event {
            case .signal:
                return 0
            case .ready:
                terminal.print(welcome)
                for child in [gateway] + services {
                    group.addTask { .childEnded(child.plan.name, await child.outcome()) }
                }
            case .notReady(let failure):
                terminal.complain("tollgate: \(failure)")
                return 1
            case .childEnded(let name, let outcome):
                if case .notStarted(let reason) = outcome { terminal.complain("tollgate: \(name): \(reason)") }
                return 1
            }
        }
        return 1
    }

    /// Services first, then the gateway: its first request finds them ready.
    private func startAll() async -> Event {
        do {
            for child in services { await child.start() }
            for child in services { try await waitUntilReady(child) }
            await gateway.start()
            try await waitUntilReady(gateway)
            return .ready
        } catch let failure as Failure {
            return .notReady(failure)
        } catch {
            return .signal
        }
    }

    private func waitUntilReady(_ child: ManagedChild) async throws {
        try await readiness.wait(for: child.plan, timeout: Self.startTimeout) {
            switch await child.finished {
            case .gaveUp: throw Failure("\(child.plan.name) does not start; its last lines are above")
            case .notStarted(let reason): throw Failure("\(child.plan.name) does not start: \(reason)")
            case .stopped: throw CancellationError()
            case nil: return
            }
        }
    }

    /// The gateway first, so that no request meets a service that is gone.
    private func stopAll() async {
        let grace = Duration.seconds(ServicePlan.graceSeconds)
        await gateway.stop(grace: grace)
        await withTaskGroup(of: Void.self) { group in
            for child in services { group.addTask { await child.stop(grace: grace) } }
        }
    }
}
