import HTTP
import HTTPTypes
import Synchronization

/// Lets one batch at a time to the writer, so that other requests get their turn between two of them. The others wait in
/// order; too many are refused.
final class BatchLane: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// How many wait at most: a second or two of the writer's time.
    static let mostWaiting = 16

    private let state = Mutex(State())

    /// Whether a batch is under way.
    var isTaken: Bool { state.withLock { $0.isTaken } }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Does `body` when those before it are done.
    ///
    /// - Throws: `Problem` 503 `overloaded` when too many wait; what `body` throws.
    func pass<T: Sendable>(_ body: () async throws -> T) async throws -> T {
        try await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async throws {
        let (isIn, isFull) = state.withLock { state in
            if !state.isTaken {
                state.isTaken = true
                return (true, false)
            }
            return (false, state.waiting.count >= Self.mostWaiting)
        }
        if isIn { return }
        if isFull { throw Problem(.serviceUnavailable, "overloaded", fields: [.retryAfter: "1"]) }
        await withCheckedContinuation { continuation in
            let mayGo = state.withLock { state in
                // It may have become free meanwhile.
                if !state.isTaken {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if mayGo { continuation.resume() }
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
