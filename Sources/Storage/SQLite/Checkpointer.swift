import CSQLite

/// Folds the write-ahead log into the database when it has grown, on the writer's connection and nowhere else: SQLite
/// before 3.51.3 can corrupt a log that two connections reset at once.
final class Checkpointer {
    private let connection: Connection
    private let threshold: Int
    private let walPages: UnsafeMutablePointer<Int32>
    private var nextAt: Int

    /// Installs itself as the connection's commit hook.
    init(_ connection: Connection, threshold: Int) {
        self.connection = connection
        self.threshold = max(threshold, 1)
        nextAt = self.threshold
        walPages = .allocate(capacity: 1)
        walPages.initialize(to: 0)
        sqlite3_wal_hook(
            connection.handle,
            { context, _, _, pages in
                context?.assumingMemoryBound(to: Int32.self).pointee = pages
                return SQLITE_OK
            }, walPages)
    }

    deinit {
        sqlite3_wal_hook(connection.handle, nil, nil)
        walPages.deallocate()
    }

    /// Pages in the log after the last commit.
    var pages: Int { Int(walPages.pointee) }

    /// Call after a batch was answered.
    ///
    /// - Returns: Whether a checkpoint ran.
    func runIfDue() -> Bool {
        if pages < threshold { nextAt = threshold }
        guard pages >= nextAt else { return false }
        // A long reader keeps the log from being reused; waiting for it briefly bounds the log's growth.
        if pages >= 4 * threshold {
            sqlite3_busy_timeout(connection.handle, 100)
            run(SQLITE_CHECKPOINT_RESTART)
            sqlite3_busy_timeout(connection.handle, Connection.busyMilliseconds)
        } else {
            run(SQLITE_CHECKPOINT_PASSIVE)
        }
        // The log starts anew with the next commit; where a reader prevents that, try again a little later.
        nextAt = pages + max(threshold / 4, 1)
        return true
    }

    /// Everything into the database and the log cut to nothing: before closing.
    func runFinal() {
        run(SQLITE_CHECKPOINT_TRUNCATE)
    }

    private func run(_ mode: Int32) {
        // A failure loses nothing: the log keeps what is not yet in the database, and the next attempt is due soon.
        _ = sqlite3_wal_checkpoint_v2(connection.handle, nil, mode, nil, nil)
    }
}
