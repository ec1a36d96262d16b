/// A database that belongs to another process, running or not: read, never written, and not locked for its owner.
public final class ReadOnlyDatabase: ReadableDatabase {
    private let readers: ReaderPool
    private let closing: Closing

    /// Opens the database at `path`. A file that cannot be opened is told by the first reading.
    ///
    /// - Throws: `DatabaseError.unavailable` when there are no threads left.
    public init(path: String) throws(DatabaseError) {
        var options = SQLiteOptions()
        options.readerThreads = 1
        let readers = try ReaderPool(path: path, options: options)
        self.readers = readers
        closing = Closing {
            readers.close()
            readers.join()
        }
    }

    deinit { closing.begin() }

    /// See ``ReadableDatabase/read(_:)``.
    public func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        try await readers.read(body)
    }

    /// Closes it; later readings throw `DatabaseError.closed`.
    public func close() async { await closing.finish() }
}
