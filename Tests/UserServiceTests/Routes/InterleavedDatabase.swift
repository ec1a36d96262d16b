import Storage
import StorageSupport
import Synchronization

/// A database in which a test can let something else happen right before a write, or between a write and whoever waits for
/// it: what a race would need luck for.
final class InterleavedDatabase: DatabaseOverlay {
    typealias Step = @Sendable () async throws -> Void

    let base: any Database
    private let next = Mutex<Step?>(nil)
    private let afterNext = Mutex<Step?>(nil)

    init(_ base: any Database) { self.base = base }

    /// Runs `body` before the next write, once.
    func beforeNextWrite(_ body: @escaping Step) { next.withLock { $0 = body } }

    /// Runs `body` when the next write is durable and before it is answered, once.
    func afterNextWrite(_ body: @escaping Step) { afterNext.withLock { $0 = body } }

    /// Has the write fail before which so many others are made, and which is the next for 0.
    func fail(afterWrites count: Int, _ error: any Error = DatabaseError.overloaded) {
        beforeNextWrite { [self] in
            guard count > 0 else { throw error }
            fail(afterWrites: count - 1, error)
        }
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T {
        try await Self.take(next)?()
        let result = try await base.write(body)
        try await Self.take(afterNext)?()
        return result
    }

    private static func take(_ step: borrowing Mutex<Step?>) -> Step? {
        step.withLock { step in
            defer { step = nil }
            return step
        }
    }
}
