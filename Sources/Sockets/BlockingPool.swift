import Dispatch

/// The pool has as much waiting work as it takes.
public struct BlockingPoolOverloaded: Error, Sendable, Equatable {}

/// Threads for work that blocks or computes for long (name resolution, password hashing, fsync): never done on a loop.
///
/// At most `width` pieces run at a time and `queueLimit` wait; more are refused, before memory or time run away.
public final class BlockingPool: Sendable {
    private let queue: DispatchQueue
    private let width: Int
    private let queueLimit: Int
    private let state = Locked(State())

    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
        // Index of the first waiting piece: dropping from the front of an array would move the rest each time.
        var first = 0
        var depth: Int { waiting.count - first }
    }

    /// A pool of at most `width` threads with at most `queueLimit` waiting pieces of work.
    public init(name: String, width: Int, queueLimit: Int) {
        queue = DispatchQueue(label: "sockets.blocking.\(name)", attributes: .concurrent)
        self.width = max(1, width)
        self.queueLimit = max(0, queueLimit)
    }

    /// Pieces that run now, and that wait.
    public var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.depth) } }

    /// Runs `body` on a thread of the pool and waits for it. Throws `BlockingPoolOverloaded` at once when too many wait.
    public func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<T, any Error>) in
            let accepted = submit { continuation.resume(with: Result(catching: body)) }
            if !accepted { continuation.resume(throwing: BlockingPoolOverloaded()) }
        }
    }

    private func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        let (isAccepted, startsNow) = state.withLock { state in
            if state.running < width {
                state.running += 1
                return (true, true)
            }
            guard state.depth < queueLimit else { return (false, false) }
            state.waiting.append(work)
            return (true, false)
        }
        if startsNow { queue.async { self.work(startingWith: work) } }
        return isAccepted
    }

    /// Runs pieces until none waits, then lets the thread go.
    private func work(startingWith first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let piece = next {
            piece()
            next = takeNext()
        }
    }

    private func takeNext() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard state.depth > 0 else {
                state.running -= 1
                return nil
            }
            let piece = state.waiting[state.first]
            state.first += 1
            if state.first > 64, state.first * 2 > state.waiting.count {
                state.waiting.removeFirst(state.first)
                state.first = 0
            }
            return piece
        }
    }
}
