import Chassis
import Synchronization

/// One open stream: what wakes it, and what ends it.
final class EventStreamPlace: Sendable {
    let user: String
    let caller: CallerIdentity
    /// Milliseconds since 1970.
    let endsAt: Int64
    /// An element when there may be something new; it ends with the stream.
    let wakes: AsyncStream<Void>

    private let continuation: AsyncStream<Void>.Continuation
    private let hasEnded = Atomic(false)

    init(user: String, caller: CallerIdentity, endsAt: Int64) {
        self.user = user
        self.caller = caller
        self.endsAt = endsAt
        (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether anything may still be sent.
    var isOpen: Bool { !hasEnded.load(ordering: .relaxed) }

    /// There may be something new.
    func wake() { continuation.yield() }

    /// Nothing more is sent.
    func end() {
        hasEnded.store(true, ordering: .relaxed)
        continuation.finish()
    }
}

/// The right to a place, which others get when it is let go: also when an answer is never sent.
final class EventStreamLease: Sendable {
    let place: EventStreamPlace
    private let release: @Sendable () -> Void

    init(place: EventStreamPlace, release: @escaping @Sendable () -> Void) {
        self.place = place
        self.release = release
    }

    deinit {
        place.end()
        release()
    }
}
