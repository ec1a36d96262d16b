import Storage
import StorageSupport
import Synchronization

/// A database in front of a process that ends: one of its writes fails, before it is done or after it.
final class InterruptedDatabase: DatabaseOverlay {
    enum Moment: CaseIterable { case before, after }

    let base: any Database
    private let target: Int
    private let moment: Moment
    private let writes = Mutex(0)

    /// Write number `target`, from 0, is interrupted; none with `.max`.
    init(_ database: any Database, at target: Int, _ moment: Moment) {
        base = database
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
        let result = try await base.write(body)
        if number == target { throw Interruption() }
        return result
    }
}

/// The process ends here.
struct Interruption: Error {}
