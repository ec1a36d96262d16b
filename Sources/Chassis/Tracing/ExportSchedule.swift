/// When to send a batch of spans again, and when to give it up (OTLP specification, "OTLP/HTTP Response"). Pure: the
/// times and the random number are given. Milliseconds.
struct ExportSchedule: Sendable, Equatable {
    /// How one request ended.
    enum Outcome: Sendable, Equatable {
        /// A status, and what its `Retry-After` says, in milliseconds.
        case status(Int, retryAfter: UInt64?)
        /// No answer.
        case noAnswer
    }

    /// What to do with the batch.
    enum Action: Sendable, Equatable {
        /// It has arrived.
        case done
        /// Send it again after so many milliseconds.
        case retry(after: UInt64)
        /// Nobody wants it, or not in time.
        case drop
    }

    private static let firstDelay: UInt64 = 1_000
    private static let longestDelay: UInt64 = 16_000

    private let deadline: UInt64
    private var retries: UInt64 = 0
    /// Before then nothing is to be sent, not even another batch.
    private(set) var quietUntil: UInt64 = 0

    /// A batch that is tried until `deadline`.
    init(deadline: UInt64) { self.deadline = deadline }

    /// - Parameter random: Returns a number from 0 up to and including its argument.
    mutating func next(after outcome: Outcome, now: UInt64, random: (UInt64) -> UInt64) -> Action {
        var asked: UInt64?
        switch outcome {
        case .status(200..<300, _): return .done
        case .status(429, let retryAfter), .status(502, let retryAfter), .status(503, let retryAfter),
            .status(504, let retryAfter):
            asked = retryAfter
        case .status: return .drop
        case .noAnswer: break
        }
        if let asked { quietUntil = now &+ asked }
        let ceiling = min(Self.longestDelay, Self.firstDelay << min(retries, 8))
        retries += 1
        // Half of it is random: services that failed together come back apart.
        let delay = max(asked ?? 0, ceiling / 2 + random(ceiling / 2))
        return now &+ delay < deadline ? .retry(after: delay) : .drop
    }
}
