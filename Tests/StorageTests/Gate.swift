import Foundation
import Storage
import TestSupport

/// Holds the writer's thread inside a body, so that a test decides what waits behind it.
struct Gate: Sendable {
    private let entered = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    /// Occupies the writer until ``open()``; the task ends when that request is answered.
    func occupy(_ database: SQLiteDatabase) async -> Task<Void, any Error> {
        let task = Task {
            try await database.write { _ in
                entered.signal()
                opened.wait()
            }
        }
        await withCheckedContinuation { continuation in
            // The wait blocks: not on a thread of the cooperative pool.
            Thread.detachNewThread {
                entered.wait()
                continuation.resume()
            }
        }
        return task
    }

    func open() { opened.signal() }
}

extension SQLiteDatabase {
    /// Waits until `count` write requests are in the queue.
    func waitForQueue(_ count: Int) async throws {
        try await waitUntil("\(count) requests queued") { self.statistics.queuedWrites == count }
    }

    /// Starts a write and waits until it is queued behind an occupied writer, so that order is the order of calls.
    func enqueue<T: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> T
    ) async throws -> Task<T, any Error> {
        let before = statistics.queuedWrites
        let task = Task { try await self.write(body) }
        try await waitForQueue(before + 1)
        return task
    }
}

extension SQLiteOptions {
    /// One batch takes whatever is there, however slow the machine.
    static let oneBatch: SQLiteOptions = {
        var options = SQLiteOptions()
        options.batchNanoseconds = .max / 2
        return options
    }()
}
