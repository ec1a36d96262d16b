/// Is told how long requests waited and how batches ended, for metrics.
///
/// It is called on the database's own threads, between their work: it must neither block nor take long.
public protocol DatabaseObserver: Sendable {
    /// A request begins to run after it has waited for so many nanoseconds.
    func started(_ queue: DatabaseQueue, waited nanoseconds: UInt64)

    /// A batch of writes has ended, and its requests are about to be answered.
    func ended(_ batch: BatchReport)
}

/// Where requests wait for their turn.
public enum DatabaseQueue: String, Sendable, CaseIterable {
    /// For the one writer.
    case write
    /// For a thread of the reader pool.
    case read
}

/// How a batch of writes ended.
public struct BatchReport: Sendable, Equatable {
    /// What became of it.
    public enum Result: String, Sendable, CaseIterable {
        /// It is durable.
        case committed
        /// The lock was not granted in time: nothing was done.
        case busy
        /// The disk failed, or memory ran out: the outcome is unknown.
        case failed
    }

    /// What became of it.
    public let result: Result
    /// How many requests it had.
    public let requests: Int
    /// How many of them were refused by their own body.
    public let refused: Int
    /// The time of COMMIT, nanoseconds.
    public let commitNanoseconds: UInt64
}
