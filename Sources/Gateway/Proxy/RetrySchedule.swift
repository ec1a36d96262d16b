/// One request's way through its tries: what to do after each outcome. Times are milliseconds.
///
/// A pure state machine: sending, sleeping and waiting happen elsewhere.
struct RetrySchedule: Sendable {
    /// How one try ended.
    enum Outcome: Sendable, Equatable {
        /// The upstream answered with this status.
        case status(Int)
        /// No connection was made, so the upstream has seen nothing.
        case notConnected
        /// The request may have been seen, and no answer came.
        case lost
        /// The try's own time was over.
        case timedOut
        /// The upstream is still busy with an earlier request of the same idempotency key.
        case inProgress
        /// Nothing that another try could mend.
        case failed
    }

    enum Action: Sendable, Equatable {
        /// Hand the answer, or the failure, to the client.
        case finish
        /// Sleep, then try again, at another address where there is one.
        case retry(after: UInt64)
        /// Try at another address at once: the request has not left the gateway.
        case elsewhere
        /// Wait until the upstream accepts connections, then try again.
        case waitForAddress
    }

    let configuration: RetryConfiguration
    /// Whether the request may reach the upstream twice: a safe method, or a keyed one with its body in memory.
    let isReplayable: Bool
    /// When the whole request must be over.
    let deadline: UInt64
    private(set) var retries = 0
    /// Whether the client below has sent a try twice, by itself, when a kept connection died.
    var wasReplayed = false
    /// Questions for an operation that is in progress end here, if its deadline does not come first.
    private static let mostRetries = 50

    init(configuration: RetryConfiguration, isReplayable: Bool, deadline: UInt64) {
        self.configuration = configuration
        self.isReplayable = isReplayable
        self.deadline = deadline
    }

    /// - Parameters:
    ///   - outcome: How the latest try ended.
    ///   - now: The time now.
    ///   - hasAnother: Whether there is an address that this request has not been refused by.
    ///   - random: Returns a number from 0 up to and including its argument.
    ///   - withdraw: Takes a retry out of the upstream's budget; asked only when a retry is otherwise due.
    mutating func next(
        after outcome: Outcome, now: UInt64, hasAnother: Bool, random: (UInt64) -> UInt64, withdraw: () -> Bool
    ) -> Action {
        guard now < deadline else { return .finish }
        if outcome == .notConnected, hasAnother { return .elsewhere }
        guard isReplayable else { return .finish }
        let delay: UInt64
        switch outcome {
        case .notConnected: return .waitForAddress
        case .status(502), .status(503), .status(504), .lost, .timedOut:
            guard retries < configuration.attempts else { return .finish }
            // Full jitter: clients that failed together come back apart.
            delay = random(ceiling)
        case .inProgress:
            // Ours is the earlier request: it ends sooner or later, and then its answer is there for the asking. Somebody
            // else's is for the client to know.
            guard retries > 0 || wasReplayed, retries < Self.mostRetries else { return .finish }
            delay = configuration.maximumBackoff / 2 + random(configuration.maximumBackoff / 2)
        case .status, .failed: return .finish
        }
        guard now + delay < deadline, withdraw() else { return .finish }
        retries += 1
        return .retry(after: delay)
    }

    /// The longest delay before the next retry: doubled with each, up to the maximum.
    private var ceiling: UInt64 {
        min(configuration.maximumBackoff, configuration.backoff << UInt64(min(retries, 16)))
    }
}
