import Storage
import Synchronization

/// A database in which a test can let something else happen right before a write: what a race would need luck for.
final class InterleavedDatabase: Database {
    private let base: any Database
    private let next = Mutex<(@Sendable () async throws -> Void)?>(nil)

    init(_ base: any Database) { self.base = base }

    /// Runs `body` before the next write, once.
    func beforeNextWrite(_ body: @escaping @Sendable () async throws -> Void) { next.withLock { $0 = body } }

    func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T {
        let first = next.withLock { next in
            defer { next = nil }
            return next
        }
        try await first?()
        return try await base.write(body)
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        try await base.read(body)
    }

    nonisolated(nonsending) func lookup<T>(_ body: (any Reader) throws -> T) async throws -> T {
        try await base.lookup(body)
    }

    func backup(to path: String) async throws { try await base.backup(to: path) }

    func close() async { await base.close() }

    var statistics: DatabaseStatistics { base.statistics }
}
