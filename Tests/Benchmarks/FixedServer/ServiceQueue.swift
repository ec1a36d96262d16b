import Synchronization

/// One queue for all requests, served at a steady pace whether or not somebody still waits for the answer.
final class ServiceQueue: Sendable {
    private let each: Double
    /// When the last request in the queue will be done, in milliseconds of the loop's clock.
    private let done = Mutex(0.0)

    init(perSecond: Double) { each = 1_000 / perSecond }

    /// How long a request that comes now takes, from its place at the end of the queue.
    func wait(now: UInt64) -> Duration {
        done.withLock { done in
            done = max(done, Double(now)) + each
            return .milliseconds(Int(done) - Int(now))
        }
    }
}
