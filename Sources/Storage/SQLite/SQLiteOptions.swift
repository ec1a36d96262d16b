public import Logging

/// How a SQLite database is run. The defaults suit a service with one database.
public struct SQLiteOptions: Sendable {
    /// Write requests that may wait; more are answered `.overloaded`.
    public var writeQueueLimit = 4096
    /// Write requests in one transaction at most: bounds how long the first waits for the last.
    public var batchLimit = 256
    /// Time after which a batch takes no more requests, in nanoseconds.
    public var batchNanoseconds: UInt64 = 5_000_000
    /// Threads of the reader pool, each with a connection.
    public var readerThreads = 2
    /// Read requests that may wait; more are answered `.overloaded`.
    public var readQueueLimit = 1024
    /// Pages in the write-ahead log (4 KiB each) from which the writer folds them into the database.
    public var checkpointPages = 8192
    /// The most memory for the writer's page cache, KiB; a reader's is an eighth of it.
    public var cacheKiB = 16_384
    /// Prepared statements kept per connection.
    public var statementLimit = 256
    /// The name of SQLite's VFS (https://sqlite.org/vfs.html); the platform's when nil. Tests have one whose power fails.
    var fileSystem: String?
    /// Asked before each write whether to answer it `.overloaded` as if the queue were full; `nil` to ask nobody.
    public var refusesWrite: (@Sendable () -> Bool)?
    /// Who is told of waits and batches.
    public var observer: (any DatabaseObserver)?
    /// Where the version, migrations and failures are logged.
    public var logger = Logger(label: "storage")

    /// The defaults.
    public init() {}
}
