import Logging
import ServiceLifecycle

/// Removes ended sessions once an hour, in small transactions, so that the database does not grow with every login ever
/// made.
struct SessionSweeper: Service {
    let sessions: SessionStore
    let logger: Logger
    var interval = Duration.seconds(3_600)

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sweep()
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Removes what there is to remove. A failure is logged: the next hour comes.
    func sweep() async {
        do {
            var removed = 0
            repeat {
                removed = try await sessions.removeEnded()
                if removed > 0 { logger.info("Removed ended sessions", metadata: ["count": "\(removed)"]) }
            } while removed > 0 && !Task.isCancelled
        } catch {
            logger.warning("Could not remove ended sessions", metadata: ["error": "\(error)"])
        }
    }
}
