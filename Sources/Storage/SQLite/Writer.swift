import Logging

/// The thread that does all writes and all checkpoints of a database, many requests per commit.
///
/// `@unchecked Sendable`: the queue and the statistics lock for themselves; the connection belongs to the thread.
final class Writer: @unchecked Sendable {
    let queue: WorkQueue<WriteRequest>
    private let path: String
    private let options: SQLiteOptions
    private let monitor = Monitor()
    private var published = DatabaseStatistics()
    private var isFinished = false

    /// Everything that is made anew when the connection is.
    private struct Session {
        let connection: Connection
        let transaction: WriteTransaction
        let checkpointer: Checkpointer
    }
    private var session: Session?

    init(path: String, options: SQLiteOptions) {
        self.path = path
        self.options = options
        queue = WorkQueue(limit: options.writeQueueLimit)
    }

    /// Counters of writes, as of the last batch.
    var statistics: DatabaseStatistics {
        monitor.withLock { published }
    }

    /// Blocks until the thread has closed the database; after `queue.close()`.
    func join() {
        monitor.withLock {
            while !isFinished { monitor.wait() }
        }
    }

    // MARK: - On the thread

    /// The thread's whole life: takes the lock, opens, migrates, says so, serves, closes.
    func main(_ migrations: [Migration], opened: (Result<Void, any Error>) -> Void) {
        defer {
            monitor.withLock {
                isFinished = true
                monitor.signalAll()
            }
        }
        do {
            let lock = try FileLock(database: path)
            try open(migrations)
            opened(.success(()))
            run()
            withExtendedLifetime(lock) {}
        } catch {
            opened(.failure(error))
        }
    }

    private func open(_ migrations: [Migration]) throws {
        try DatabaseFiles.createPrivate(path)
        let connection = try Connection(path: path, role: .writer, options: options)
        try Migrator(connection: connection, migrations: migrations, logger: options.logger).run()
        session = try makeSession(connection)
        options.logger.info(
            "database open",
            metadata: [
                "database": "\(path)", "sqlite": "\(SQLiteDatabase.libraryVersion)", "schema": "\(migrations.count)",
            ])
    }

    private func makeSession(_ connection: Connection) throws(DatabaseError) -> Session {
        Session(
            connection: connection, transaction: try WriteTransaction(connection),
            checkpointer: Checkpointer(connection, threshold: options.checkpointPages))
    }

    /// Serves requests until the queue is closed and empty, then closes the database.
    private func run() {
        var waiting: [WriteRequest] = []
        while queue.take(upTo: options.batchLimit, into: &waiting) {
            serve(&waiting)
        }
        session?.checkpointer.runFinal()
        session = nil
    }

    /// Answers all of `waiting`, in as many transactions as that takes.
    private func serve(_ waiting: inout [WriteRequest]) {
        while !waiting.isEmpty {
            guard let session = session ?? reopen() else {
                let failure = DatabaseError.unavailable(message: "the database cannot be opened")
                for request in waiting {
                    request.span?.end(failure)
                    request.answer(failure)
                }
                options.observer?.ended(
                    BatchReport(result: .failed, requests: waiting.count, refused: 0, commitNanoseconds: 0))
                monitor.withLock { published.lostWrites += waiting.count }
                return waiting.removeAll(keepingCapacity: true)
            }
            var batch = Batch(session.transaction, options: options)
            batch.run(&waiting, more: queue)
            if !batch.isConnectionUsable { self.session = nil }
            publish(batch, session)
            batch.answer()
            if batch.isConnectionUsable, session.checkpointer.runIfDue() {
                monitor.withLock { published.checkpoints += 1 }
            }
        }
    }

    private func reopen() -> Session? {
        do {
            session = try makeSession(Connection(path: path, role: .writer, options: options))
            monitor.withLock { published.reopens += 1 }
            options.logger.notice("database reopened", metadata: ["database": "\(path)"])
        } catch {
            options.logger.error(
                "database cannot be reopened", metadata: ["database": "\(path)", "reason": "\(error)"])
        }
        return session
    }

    private func publish(_ batch: borrowing Batch, _ session: Session) {
        if let failure = batch.failure {
            options.logger.error(
                "a batch of writes failed",
                metadata: ["database": "\(path)", "requests": "\(batch.count)", "reason": "\(failure)"])
        }
        options.observer?.ended(batch.report)
        let pages = session.checkpointer.pages
        monitor.withLock {
            published.writes += batch.count
            published.refusedWrites += batch.refused
            published.commitNanoseconds += batch.commitNanoseconds
            published.walPages = pages
            if batch.failure == nil {
                published.commits += 1
                published.largestBatch = max(published.largestBatch, batch.count)
            } else {
                published.lostWrites += batch.count
            }
        }
    }
}
