import Storage
import Synchronization

/// A database in front of a process that ends: one of its writes fails, before it is done or after it.
final class InterruptedDatabase: Database {
    enum Moment: CaseIterable { case before, after }

    private let database: any Database
    private let target: Int
    private let moment: Moment
    private let writes = Mutex(0)

    /// Write number `target`, from 0, is interrupted; none with `.max`.
    init(_ database: any Database, at target: Int, _ moment: Moment) {
        self.database = database
        self.target = target
        self.moment = moment
    }

    /// How many writes have been asked for.
    var count: Int { writes.withLock { $0 } }

    func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T {
        let number = writes.withLock { writes in
            writes += 1
            return writes - 1
        }
        // A process that has ended writes nothing more.
        if number > target || (number == target && moment == .before) { throw Interruption() }
        let result = try await database.write(body)
        if number == target { throw Interruption() }
        return result
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        try await database.read(body)
    }

    nonisolated(nonsending) func lookup<T>(_ body: (any Reader) throws -> T) async throws -> T {
        try await database.lookup(body)
    }

    func backup(to path: String) async throws { try await database.backup(to: path) }
    func close() async { await database.close() }
    var statistics: DatabaseStatistics { database.statistics }
}

/// The process ends here.
struct Interruption: Error {}
