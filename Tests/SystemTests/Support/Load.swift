import Synchronization
import TestSupport

/// Requests sent over and over by several tasks, counted, with everything kept that was not a success.
final class Load: Sendable {
    private struct State {
        var isRunning = true
        var answers = 0
        var failures: [String] = []
    }

    private let state = Mutex(State())

    var failures: [String] { state.withLock { $0.failures } }

    /// Tells the tasks to end after their current request.
    func stop() { state.withLock { $0.isRunning = false } }

    /// Waits until that many answers more have come.
    func waitForAnswers(_ count: Int) async throws {
        let goal = state.withLock { $0.answers } + count
        try await waitUntil("\(count) answers", timeout: .seconds(60)) { state.withLock { $0.answers >= goal } }
    }

    /// Sends until ``stop()``; anything but a 2xx status is a failure, and so is no answer.
    func run(_ request: (Int) async throws -> APIClient.Answer) async throws {
        var step = 0
        while state.withLock({ $0.isRunning }) {
            step += 1
            do {
                record(try await request(step))
            } catch {
                record(failure: "\(error)")
            }
        }
    }

    /// Sends until the server is gone; an answer that is not a 2xx is a failure, a refused connection is the end.
    func runUntilRefused(_ request: () async throws -> APIClient.Answer) async throws {
        while let answer = try? await request() { record(answer) }
    }

    private func record(_ answer: APIClient.Answer) {
        if (200..<300).contains(answer.status) {
            state.withLock { $0.answers += 1 }
        } else {
            record(failure: "\(answer.status) \(answer.body)")
        }
    }

    private func record(failure: String) { state.withLock { $0.failures.append(failure) } }
}
