/// Counters of a database since it was opened.
public struct DatabaseStatistics: Sendable, Equatable {
    /// The engine and its version, such as `SQLite 3.40.1`.
    public var engine = ""
    /// Write requests answered, whatever their outcome.
    public var writes = 0
    /// Write requests whose body threw.
    public var refusedWrites = 0
    /// Write requests answered `.unavailable` because their batch did not commit.
    public var lostWrites = 0
    /// Requests answered `.overloaded`.
    public var overloads = 0
    /// Transactions committed; `writes / commits` is the mean batch size.
    public var commits = 0
    /// Requests in the largest batch so far.
    public var largestBatch = 0
    /// Time spent in COMMIT, nanoseconds: the disk's share.
    public var commitNanoseconds: UInt64 = 0
    /// Write requests that wait now.
    public var queuedWrites = 0
    /// Read requests that wait now.
    public var queuedReads = 0
    /// Threads of the reader pool.
    public var readerThreads = 0
    /// Threads of the reader pool that run a transaction now.
    public var busyReaders = 0
    /// Read transactions answered.
    public var reads = 0
    /// Lookups answered.
    public var lookups = 0
    /// Checkpoints run.
    public var checkpoints = 0
    /// Pages in the write-ahead log after the last commit.
    public var walPages = 0
    /// Times that the writer's connection had to be opened anew after a failure.
    public var reopens = 0

    /// All zero.
    public init() {}
}
