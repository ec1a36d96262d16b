import Synchronization

/// Sends requests at a constant rate, whatever becomes of those before (an open loop), and writes down what came of them.
final class LoadRun: Sendable {
    private struct State {
        var summary = LoadSummary()
        var inFlight = 0
    }

    private let scenario: LoadScenario
    private let mix: LoadMix
    private let rate: Double
    private let seconds: Double
    private let limit: Int
    private let timeout: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - rate: Requests per second.
    ///   - limit: How many may be under way; beyond, requests are not sent, and count as failed after `timeout`.
    init(_ scenario: LoadScenario, mix: LoadMix, rate: Double, seconds: Double, limit: Int, timeout: Duration) {
        self.scenario = scenario
        self.mix = mix
        self.rate = rate
        self.seconds = seconds
        self.limit = limit
        self.timeout = timeout
    }

    /// What came of it so far, and how many requests are under way.
    var current: (summary: LoadSummary, inFlight: Int) { state.withLock { ($0.summary, $0.inFlight) } }

    /// Sends everything and waits for the last answer. Cancelling stops sending.
    func run() async {
        let start = ContinuousClock.now
        let total = Int(rate * seconds)
        await withTaskGroup { group in
            for number in 0..<total {
                let due = start + .nanoseconds(Int64(Double(number) / rate * 1e9))
                guard await Self.wait(until: due), !Task.isCancelled else { break }
                let operation = scenario.people.choose(mix)
                guard begin() else {
                    refuse(operation, due: start.duration(to: due))
                    continue
                }
                group.addTask { [self] in
                    let outcome = await scenario.perform(operation, number)
                    record(operation, from: start, due: due, outcome)
                    state.withLock { $0.inFlight -= 1 }
                }
            }
        }
    }

    private static let crowded = "not sent: too many under way"

    /// False when the task was cancelled meanwhile. What is due already is sent without a pause, in a burst if need be.
    private static func wait(until due: ContinuousClock.Instant) async -> Bool {
        guard due > .now else { return true }
        return (try? await Task.sleep(until: due, tolerance: .microseconds(200), clock: .continuous)) != nil
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard state.inFlight < limit else { return false }
            state.inFlight += 1
            return true
        }
    }

    /// Counts a request that could not be sent: not as a fast one.
    private func refuse(_ operation: LoadOperation, due: Duration) {
        let (offset, took) = (Self.microseconds(due), Self.microseconds(timeout))
        state.withLock {
            $0.summary.record(operation, due: offset, took: took, status: 0, failure: Self.crowded)
            $0.summary.late += 1
        }
    }

    private func record(
        _ operation: LoadOperation, from start: ContinuousClock.Instant, due: ContinuousClock.Instant,
        _ outcome: LoadScenario.Outcome
    ) {
        let took = Self.microseconds(due.duration(to: .now))
        let offset = Self.microseconds(start.duration(to: due))
        state.withLock {
            $0.summary.record(operation, due: offset, took: took, status: outcome.status, failure: outcome.failure)
        }
    }

    private static func microseconds(_ duration: Duration) -> UInt64 {
        let parts = duration.components
        return UInt64(max(0, parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000))
    }
}
