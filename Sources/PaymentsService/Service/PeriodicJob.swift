import Logging
import ServiceLifecycle

/// Does something at once and then again and again, until the service stops. An error is logged, and the next round
/// is tried as usual.
struct PeriodicJob: Service {
    let name: String
    let interval: Duration
    let logger: Logger
    /// Gets the number of the round, from 0.
    let body: @Sendable (_ round: Int) async throws -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while !Task.isCancelled {
                await attempt(round)
                round += 1
                // Throws when the service stops: the loop's condition sees that.
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func attempt(_ round: Int) async {
        do {
            try await body(round)
        } catch is CancellationError {
            return
        } catch {
            logger.error("background job failed", metadata: ["job": "\(name)", "reason": "\(error)"])
        }
    }
}
