/// A transactional store. Each service writes its SQL once against this interface; a driver (SQLite today) runs it.
///
/// Bodies are synchronous on purpose: nothing can suspend while a transaction is open. They see their arguments only for
/// the duration of the call.
public protocol Database: ReadableDatabase {
    /// Runs `body` in a read-write transaction and returns its result once that transaction is durable.
    ///
    /// Many requests share one commit (group commit), each in a savepoint of its own: a body that throws undoes its own
    /// changes and nobody else's, and its error, too, is delivered only after the commit, because what it read may have
    /// been written by a neighbour in the same batch. A refusal that must be remembered is therefore a normal return.
    ///
    /// The body runs once, on the writer's thread; it must not block. Cancelling the calling task does not withdraw a
    /// request that is queued already.
    ///
    /// - Throws: What `body` throws; `DatabaseError.overloaded` when the queue is full (nothing was done);
    ///   `.unavailable` when the outcome is unknown (disk full, I/O error); `.closed`.
    func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T

    /// Runs `body` in a read transaction, on a snapshot that no writer changes, on a thread of the reader pool: for lists,
    /// statements and exports.
    ///
    /// - Throws: What `body` throws; `DatabaseError.overloaded` when the queue is full; `.closed`.
    func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T

    /// Runs `body` where it is called, without a hop: for single rows by primary key, which cost microseconds.
    ///
    /// Every statement sees the latest commit; two statements of one body may see different ones (use ``read(_:)`` where
    /// that matters).
    nonisolated(nonsending) func lookup<T>(_ body: (any Reader) throws -> T) async throws -> T

    /// Writes a consistent copy of the whole database to a new file at `path`, while writers go on.
    ///
    /// To restore, stop the service and put the copy in the database's place.
    ///
    /// - Throws: `DatabaseError.unavailable` when the copy cannot be written, for one because `path` exists already.
    func backup(to path: String) async throws

    /// Answers everything that is queued, folds the log into the database and closes it. Later calls throw `.closed`.
    func close() async

    /// Counters since the start, for metrics.
    var statistics: DatabaseStatistics { get }
}

/// What a body can read with. Not `Sendable`: it cannot leave the body.
public protocol Reader {
    /// Runs `sql` and calls `body` for each row until it returns false.
    ///
    /// The other methods are conveniences over this one.
    ///
    /// - Throws: `DatabaseError`, or what `body` throws.
    func query(_ sql: SQL, values: [SQLValue], _ body: (Row) throws -> Bool) throws
}

/// What a body can write with: a ``Reader`` that sees its own changes.
public protocol Transaction: Reader {
    /// Runs `sql` to its end.
    ///
    /// - Returns: The number of rows that the statement itself inserted, updated or deleted.
    /// - Throws: `DatabaseError`. The transaction goes on after `.constraint`: a body may catch it and do something else.
    @discardableResult
    func execute(_ sql: SQL, values: [SQLValue]) throws -> Int
}

extension Reader {
    /// The first row, mapped, or nil when there is none. Values are bound to `?` (or `?1`, `?2` …) in order.
    public func first<T>(_ sql: SQL, _ values: SQLValue..., map: (Row) throws -> T) throws -> T? {
        var found: T?
        try query(sql, values: values) { row in
            found = try map(row)
            return false
        }
        return found
    }

    /// All rows, mapped, in the statement's order. The statement bounds how many (`LIMIT`).
    public func all<T>(_ sql: SQL, _ values: SQLValue..., map: (Row) throws -> T) throws -> [T] {
        var found: [T] = []
        try query(sql, values: values) { row in
            found.append(try map(row))
            return true
        }
        return found
    }

    /// Calls `body` for every row, without collecting them: for exports.
    public func forEach(_ sql: SQL, _ values: SQLValue..., body: (Row) throws -> Void) throws {
        try query(sql, values: values) { row in
            try body(row)
            return true
        }
    }

    /// Whether the statement yields a row.
    public func exists(_ sql: SQL, _ values: SQLValue...) throws -> Bool {
        var found = false
        try query(sql, values: values) { _ in
            found = true
            return false
        }
        return found
    }
}

extension Transaction {
    /// Runs `sql` to its end, with values bound to `?` (or `?1`, `?2` …) in order.
    ///
    /// - Returns: The number of rows that the statement itself inserted, updated or deleted.
    /// - Throws: `DatabaseError`.
    @discardableResult
    public func execute(_ sql: SQL, _ values: SQLValue...) throws -> Int {
        try execute(sql, values: values)
    }
}
