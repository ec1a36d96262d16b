import Logging
import ServiceLifecycle

/// Removes what is over (sessions, events, mails, waiting logins, refused wishes) once an hour, in small transactions, so that the database does not grow with
/// every login ever made.
struct SessionSweeper: Service {
    let sessions: SessionStore
    let events: EventStore
    let outbox: MailOutbox
    let factors: SecondFactorStore
    let erasures: ErasureStore
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
            try await removeAll("ended sessions") { try await sessions.removeEnded() }
            try await removeAll("old events") { try await events.removeOld() }
            try await removeAll("old mails and one-time tokens") { try await outbox.removeOld() }
            try await removeAll("logins that nobody finished") { try await factors.removeExpired() }
            try await removeAll("old refusals to erase") { try await erasures.removeOld() }
        } catch {
            logger.warning("Could not remove what is over", metadata: ["error": "\(error)"])
        }
    }

    private func removeAll(_ what: String, _ some: () async throws -> Int) async throws {
        while case let removed = try await some(), removed > 0, !Task.isCancelled {
            logger.info("Removed \(what)", metadata: ["count": "\(removed)"])
        }
    }
}
