import Synchronization

/// Threads that run read transactions, each on a read-only connection of its own.
final class ReaderPool: Sendable {
    private typealias Job = @Sendable (Connection?, DatabaseError?) -> Void

    private let queue: WorkQueue<Job>
    private let threads: [NativeThread]
    private let answered = Atomic<Int>(0)
    private let running = Atomic<Int>(0)
    private let observer: (any DatabaseObserver)?

    /// Starts the threads; they open their connections when they first need them.
    init(path: String, options: SQLiteOptions) throws(DatabaseError) {
        let queue = WorkQueue<Job>(limit: options.readQueueLimit)
        var threads: [NativeThread] = []
        for _ in 0..<max(options.readerThreads, 1) {
            threads.append(try NativeThread { Self.serve(queue, path, options) })
        }
        self.queue = queue
        self.threads = threads
        observer = options.observer
    }

    private static func serve(_ queue: WorkQueue<Job>, _ path: String, _ options: SQLiteOptions) {
        var connection: Connection?
        var jobs: [Job] = []
        while queue.take(upTo: 1, into: &jobs) {
            var failure: DatabaseError?
            if connection == nil {
                do throws(DatabaseError) {
                    connection = try Connection(path: path, role: .reader, options: options)
                } catch {
                    failure = error
                }
            }
            for job in jobs { job(connection, failure) }
            jobs.removeAll(keepingCapacity: true)
        }
    }

    /// Runs `body` in a read transaction on one of the threads.
    func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        let queuedAt = monotonicNanoseconds()
        return try await withUnsafeThrowingContinuation { continuation in
            let job: Job = { [self] connection, failure in
                observer?.started(.read, waited: monotonicNanoseconds() &- queuedAt)
                running.wrappingAdd(1, ordering: .relaxed)
                defer { running.wrappingSubtract(1, ordering: .relaxed) }
                answered.wrappingAdd(1, ordering: .relaxed)
                guard let connection else { return continuation.resume(throwing: failure ?? .closed) }
                continuation.resume(with: Result { try Self.snapshot(connection, body) })
            }
            do throws(DatabaseError) {
                try queue.push(job)
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private static func snapshot<T>(_ connection: Connection, _ body: (any Reader) throws -> T) throws -> T {
        try connection.script("BEGIN")
        defer { try? connection.script("ROLLBACK") }
        return try body(connection)
    }

    /// Read transactions answered.
    var count: Int { answered.load(ordering: .relaxed) }

    /// How many threads there are, and how many of them run a transaction now.
    var load: (threads: Int, busy: Int) { (threads.count, running.load(ordering: .relaxed)) }

    /// Read requests that wait, and how many were refused.
    var state: (depth: Int, refused: Int) { queue.state }

    /// Refuses new requests and lets the threads end once the queued ones are answered.
    func close() {
        queue.close()
    }

    /// Blocks until all threads have ended; after ``close()``.
    func join() {
        for thread in threads { thread.join() }
    }
}
