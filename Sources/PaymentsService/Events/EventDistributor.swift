import Chassis
import Logging
import ServiceLifecycle

/// Distributes what has happened, soon after it has: commits wake it, and it lets a few of them gather.
struct EventDistributor: Service {
    let store: PaymentsStore
    let commits: CommitSignal
    let logger: Logger
    /// Deliveries that may be pending for one endpoint.
    var mostPending = 10_000
    /// Is told which endpoints have something to be delivered.
    var deliver: @Sendable (Set<String>) -> Void = { _ in }
    /// How long events gather, so that many payments share the work on their index.
    var pause = Duration.milliseconds(100)
    /// How long the writer is left to others between two requests while there is more to distribute.
    var breath = Duration.milliseconds(2)

    func run() async {
        await cancelWhenGracefulShutdown {
            // Whatever the process before this one left behind comes first.
            var wakes = commits.wakes().makeAsyncIterator()
            repeat {
                await distribute()
                try? await Task.sleep(for: pause)
            } while await wakes.next() != nil && !Task.isCancelled
        }
    }

    private func distribute() async {
        do {
            while true {
                let distribution = try await store.distribute(mostPending: mostPending)
                deliver(distribution.endpoints)
                guard distribution.count == PaymentsStore.distributionSize else { return }
                try await Task.sleep(for: breath)
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error("Events could not be distributed", metadata: ["reason": "\(error)"])
        }
    }
}
