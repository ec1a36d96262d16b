import HTTPTypes
import Sockets
import Synchronization

/// Where the handler of an event stream sends its events.
public final class EventStream: Sendable {
    private let writer: BodyWriter
    private let turn = Turn()
    /// How many events were sent; the heartbeat looks at it.
    private let sent = Atomic<UInt64>(0)

    init(_ writer: BodyWriter) {
        self.writer = writer
    }

    /// Sends an event at once; waits while the peer is slow.
    /// - Throws: when the peer went away.
    public func send(_ event: ServerSentEvent) async throws { try await send(bytes: event.bytes) }

    /// Sends a comment, which clients ignore. The head of the answer goes out with it, if it has not yet.
    /// - Throws: when the peer went away.
    public func sendHeartbeat() async throws { try await send(bytes: ServerSentEvent.heartbeat) }

    private func send(bytes: [UInt8]) async throws {
        await turn.take()
        defer { turn.pass() }
        sent.add(1, ordering: .relaxed)
        try await writer.write(bytes)
        try await writer.flush()
    }

    /// Sends a comment after each interval without an event, until it is cancelled or the peer goes away.
    func beat(every interval: Duration, _ clock: any Clock<Duration>) async throws {
        var before = sent.load(ordering: .relaxed)
        while true {
            try await clock.sleep(for: interval)
            if sent.load(ordering: .relaxed) == before { try await sendHeartbeat() }
            before = sent.load(ordering: .relaxed)
        }
    }
}

extension Response {
    /// A stream of events, `text/event-stream`, that lasts until `body` returns or the peer goes away; then `body` is
    /// cancelled.
    /// - Parameters:
    ///   - heartbeat: after how much silence a comment is sent; nil for never.
    ///   - clock: what measures the silence.
    public static func eventStream(
        heartbeat: Duration? = .seconds(15), clock: any Clock<Duration> = ContinuousClock(),
        _ body: @escaping @Sendable (EventStream) async throws -> Void
    ) -> Response {
        Response(
            fields: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .stream(length: nil) { writer in
                let stream = EventStream(writer)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await body(stream) }
                    if let heartbeat { group.addTask { try await stream.beat(every: heartbeat, clock) } }
                    // The first to end is the body, or the heartbeat that found the peer gone.
                    defer { group.cancelAll() }
                    try await group.next()
                }
            })
    }
}

/// Lets one writer at a time through, in the order of asking: an event must not land inside another one.
private final class Turn: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if !state.isTaken {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func pass() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
