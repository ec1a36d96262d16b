import CSQLite
import Logging
import Spans

/// A ``Database`` in one SQLite file, owned by this process alone.
///
/// One thread writes, with group commit; a few threads read snapshots; lookups run on the caller's thread.
public final class SQLiteDatabase: Database {
    private let path: String
    private let options: SQLiteOptions
    private let writer: Writer
    private let readers: ReaderPool
    private let lookups: LookupConnections
    private let closing: Closing

    /// Opens or creates the database at `path` and migrates it; on return it can serve.
    ///
    /// - Throws: `DatabaseError.inUse` when another process has it open; `.schemaTooNew`, `.migrationChanged`,
    ///   `.migrationFailed`; `.corrupt`; `.unavailable` when the file cannot be opened.
    public static func open(
        path: String, migrations: [Migration], options: SQLiteOptions = SQLiteOptions()
    ) async throws -> SQLiteDatabase {
        let writer = Writer(path: path, options: options)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do throws(DatabaseError) {
                _ = try NativeThread { writer.main(migrations) { continuation.resume(with: $0) } }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        do {
            return try SQLiteDatabase(writer, path: path, options: options)
        } catch {
            writer.queue.close()
            throw error
        }
    }

    private init(_ writer: Writer, path: String, options: SQLiteOptions) throws(DatabaseError) {
        self.path = path
        self.options = options
        self.writer = writer
        let readers = try ReaderPool(path: path, options: options)
        self.readers = readers
        let lookups = LookupConnections(path: path, options: options, count: 32)
        self.lookups = lookups
        closing = Closing {
            // Readers first: the last checkpoint needs the log to itself.
            readers.close()
            lookups.close()
            readers.join()
            writer.queue.close()
            writer.join()
        }
    }

    deinit {
        closing.begin()
    }

    /// The version of the SQLite library that is linked.
    public static var libraryVersion: String { String(cString: sqlite3_libversion()) }

    /// See ``Database/write(_:)``.
    public func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T {
        try await withUnsafeThrowingContinuation { continuation in
            let request = TypedWriteRequest(continuation, body)
            do throws(DatabaseError) {
                if let refuses = options.refusesWrite, refuses() { throw writer.queue.refuse() }
                try writer.queue.push(request)
            } catch {
                request.span?.end(error)
                continuation.resume(throwing: error)
            }
        }
    }

    /// See ``Database/read(_:)``: a snapshot, on one of `readerThreads` threads.
    public func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        guard let span = ActiveSpan.current?.begin(.read) else { return try await readers.read(body) }
        return try await span.ending { try await readers.read { try body(TracedReader(reader: $0, span: span)) } }
    }

    /// See ``Database/lookup(_:)``: no hop, a connection that no other thread has meanwhile.
    public nonisolated(nonsending) func lookup<T>(_ body: (any Reader) throws -> T) async throws -> T {
        guard let span = ActiveSpan.current?.begin(.lookup) else { return try lookups.with(body) }
        return try span.ending { try lookups.with { try body(TracedReader(reader: $0, span: span)) } }
    }

    /// Looks for damage: pages, records and constraints, not indexes (`PRAGMA quick_check`).
    ///
    /// - Throws: `DatabaseError.corrupt` with the first finding.
    public func quickCheck() async throws {
        let finding = try await read { try $0.first("PRAGMA quick_check(1)") { try $0.string(0) } }
        if finding != "ok" { throw DatabaseError.corrupt(message: finding ?? "no answer") }
    }

    /// See ``Database/backup(to:)``. The copy is compact, mode 0600, and gets its name only when it is whole and durable.
    ///
    /// To restore, stop the service, remove the database's `-wal` and `-shm` and put the copy in its place.
    public func backup(to path: String) async throws {
        try await Self.backup(of: self.path, to: path, options: options)
    }

    /// ``backup(to:)`` of the database at `path`, whose service may be another process, running or not.
    ///
    /// The copy is looked through (`PRAGMA quick_check`) before it gets its name. It reads the database and takes no lock
    /// that stops its writer.
    ///
    /// - Throws: `DatabaseError.unavailable`; `.corrupt` when the file is no database, or is damaged.
    public static func backup(
        of path: String, to target: String, options: SQLiteOptions = SQLiteOptions()
    ) async throws {
        let backup = Backup(database: path, target: target, options: options)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do throws(DatabaseError) {
                _ = try NativeThread { continuation.resume(with: Result { try backup.run() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// See ``Database/close()``. The log is folded in and removed, so that the file alone is the database.
    public func close() async {
        await closing.finish()
    }

    /// See ``Database/statistics``.
    public var statistics: DatabaseStatistics {
        var statistics = writer.statistics
        let (writes, reads) = (writer.queue.state, readers.state)
        statistics.engine = "SQLite \(Self.libraryVersion)"
        statistics.queuedWrites = writes.depth
        statistics.queuedReads = reads.depth
        (statistics.readerThreads, statistics.busyReaders) = readers.load
        statistics.overloads = writes.refused + reads.refused
        statistics.reads = readers.count
        statistics.lookups = lookups.count
        return statistics
    }
}
