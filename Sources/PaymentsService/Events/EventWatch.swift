import Chassis
import Logging
import ServiceLifecycle

/// Wakes the streams of those whom a commit concerns. Nothing is read while nobody follows.
struct EventWatch: Service {
    let store: PaymentsStore
    let streams: EventStreams
    let commits: CommitSignal
    let logger: Logger

    /// How many events are read at a time.
    private static let window = 1_000

    func run() async {
        await cancelWhenGracefulShutdown {
            for await _ in commits.wakes() {
                do {
                    try await look()
                } catch {
                    logger.error("Streams of events could not be woken", metadata: ["reason": "\(error)"])
                }
            }
        }
    }

    private func look() async throws {
        while let position = streams.position {
            guard try await store.lastEvent() > position else { return }
            let found = try await store.concerned(after: position, limit: Self.window)
            streams.wake(found.users, upTo: found.next)
        }
    }
}

/// Ends the streams whose session, key or user has ended, whose time is over, and all of them when the process is about
/// to stop.
struct EventStreamEnding: Service {
    let streams: EventStreams
    let revocations: Revocations
    let clock: any WallClock
    let isDraining: @Sendable () -> Bool
    var interval = Duration.milliseconds(250)

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                endOver()
                try? await Task.sleep(for: interval)
            }
        }
        streams.end { _ in true }
    }

    func endOver() {
        let (now, isDraining) = (clock.now, isDraining())
        streams.end { isDraining || $0.endsAt <= now || revocations.refusal(of: $0.caller) != nil }
    }
}
