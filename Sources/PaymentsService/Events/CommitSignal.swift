import Storage
import Synchronization

/// Tells those who wait for something to happen that a transaction has been committed, whatever it was.
final class CommitSignal: DatabaseObserver {
    private struct State {
        var continuations: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// An element for each time that something has been committed since the last one was taken. It never ends by itself.
    func wakes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.next += 1
            state.continuations[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.continuations.removeValue(forKey: number) }
        }
        return stream
    }

    func started(_ queue: DatabaseQueue, waited nanoseconds: UInt64) {}

    func ended(_ batch: BatchReport) {
        guard batch.result == .committed else { return }
        let waiting = state.withLock { Array($0.continuations.values) }
        for continuation in waiting { continuation.yield() }
    }
}
