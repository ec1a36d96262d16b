import HTTP
import HTTPTypes
import JSON
import Synchronization

/// Who watches the gateway at work. What they are told is made once for all of them.
final class LiveFeed: Sendable {
    fileprivate typealias Pieces = AsyncStream<String>

    private struct State {
        var listeners: [Int: Pieces.Continuation] = [:]
        var next = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let lifetime: Duration

    /// - Parameters:
    ///   - capacity: How many may watch at a time.
    ///   - lifetime: How long a stream lasts: whoever comes back is asked again who they are.
    init(capacity: Int = 16, lifetime: Duration = .seconds(60)) {
        self.capacity = capacity
        self.lifetime = lifetime
    }

    /// Whether somebody watches.
    var isWatched: Bool { state.withLock { !$0.listeners.isEmpty } }

    /// Tells everybody who watches. One who is slow misses what came in between.
    func send(_ snapshot: String) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(snapshot) }
    }

    /// Ends all streams and begins no more.
    func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return state.listeners.values
        }
        for listener in listeners { listener.finish() }
    }

    /// A stream of snapshots.
    ///
    /// - Throws: 503 `too_many_streams` when as many watch as may.
    func answer() throws(Problem) -> Response {
        guard let place = place() else {
            throw Problem(
                .serviceUnavailable, "too_many_streams", detail: "As many watch as may.", fields: [.retryAfter: "10"])
        }
        let end = ContinuousClock.now + lifetime
        return .eventStream { stream in
            guard ContinuousClock.now < end else { return }
            for await snapshot in place.pieces {
                try await stream.send(ServerSentEvent(data: snapshot))
                if ContinuousClock.now >= end { return }
            }
        }
    }

    private func place() -> Place? {
        let (pieces, continuation) = Pieces.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> Int? in
            guard !state.isClosed, state.listeners.count < capacity else { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        return number.map { number in Place(pieces) { [weak self] in self?.leave(number) } }
    }

    private func leave(_ number: Int) { state.withLock { $0.listeners[number] = nil } }

    /// One who watches. The place is free again when nobody holds this any more, also when the stream never began.
    private final class Place: Sendable {
        let pieces: Pieces
        private let leave: @Sendable () -> Void

        init(_ pieces: Pieces, leave: @escaping @Sendable () -> Void) {
            self.pieces = pieces
            self.leave = leave
        }

        deinit { leave() }
    }
}
