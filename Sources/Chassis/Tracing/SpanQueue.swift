import DequeModule
import Spans
import Synchronization

/// Finished records that wait to be exported. It never waits itself: what does not fit is dropped and counted.
final class SpanQueue: Sendable {
    private struct State {
        var records: Deque<TraceRecord> = []
        var spans = 0
        var dropped: UInt64 = 0
    }

    /// The most spans that wait.
    let limit: Int
    /// From how many on somebody is told.
    private let batch: Int
    private let state = Mutex(State())
    private let full: @Sendable () -> Void

    /// - Parameter full: called when there is enough for a batch, once for each time that the count gets there.
    init(limit: Int, batch: Int, full: @escaping @Sendable () -> Void = {}) {
        self.limit = limit
        self.batch = batch
        self.full = full
    }

    /// Takes a record whose trace is to be exported.
    func offer(_ record: TraceRecord) {
        let count = record.count
        let isEnough = state.withLock { state in
            guard state.spans + count <= limit else {
                state.dropped += UInt64(count)
                return false
            }
            state.records.append(record)
            defer { state.spans += count }
            return state.spans < batch && state.spans + count >= batch
        }
        if isEnough { full() }
    }

    /// The oldest records, with about a batch of spans: one record is never divided.
    func take() -> [TraceRecord] {
        state.withLock { state in
            var (count, spans) = (0, 0)
            while count < state.records.count, spans < batch {
                spans += state.records[count].count
                count += 1
            }
            let taken = Array(state.records.prefix(count))
            state.records.removeFirst(count)
            state.spans -= spans
            return taken
        }
    }

    /// How many spans wait.
    var count: Int { state.withLock { $0.spans } }

    /// How many have been dropped because there was no room.
    var dropped: UInt64 { state.withLock { $0.dropped } }
}
