import CSQLite

/// One SQLite connection, used by one thread at a time.
final class Connection {
    /// What a connection is for.
    enum Role {
        /// The one that writes and checkpoints.
        case writer
        /// Cannot change anything: the file is opened read-only.
        case reader
    }

    let handle: OpaquePointer
    private var cache: StatementCache

    /// Opens the file and sets what SQLite leaves to each connection.
    ///
    /// - Throws: `DatabaseError.unavailable`, `.corrupt`, `.busy`.
    init(path: String, role: Role, options: SQLiteOptions) throws(DatabaseError) {
        _ = LibraryConfiguration.isApplied
        // NOMUTEX: the callers see to it that one thread at a time is inside.
        let access = role == .writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, options.fileSystem)
        guard let opened else { throw .unavailable(message: "no memory to open \(path)") }
        handle = opened
        cache = StatementCache(limit: options.statementLimit)
        guard code == SQLITE_OK else { throw failure(code) }
        try configure(role, options)
    }

    deinit {
        cache.removeAll()
        sqlite3_close_v2(handle)
    }

    private func configure(_ role: Role, _ options: SQLiteOptions) throws(DatabaseError) {
        // First, so that the pragmas below wait for a lock as well.
        sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        try script("PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY")
        guard role == .writer else {
            try script("PRAGMA cache_size=-\(max(options.cacheKiB / 8, 256))")
            return
        }
        try setWriteAheadLog()
        // The library may be built with other defaults. fullfsync makes Apple's fsync reach the platter; recursive
        // triggers let the triggers of an immutable table see INSERT OR REPLACE; checkpoints are run by the writer.
        try script(
            """
            PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;
            PRAGMA cell_size_check=ON; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-\(max(options.cacheKiB, 256))
            """)
    }

    // SQLite refuses by answering with the mode that it keeps, for one on file systems without shared memory.
    private func setWriteAheadLog() throws(DatabaseError) {
        let pragma = try prepare("PRAGMA journal_mode=WAL")
        let code = sqlite3_step(pragma.handle)
        guard code == SQLITE_ROW else { throw failure(code) }
        let mode = sqlite3_column_text(pragma.handle, 0).map { String(cString: $0) }
        guard mode == "wal" else { throw .unavailable(message: "no write-ahead log is possible here") }
    }

    static let busyMilliseconds: Int32 = 5_000

    // MARK: - Statements

    /// The cached statement for `sql`, or a fresh one while the cached one runs.
    @inline(__always)
    func statement(_ sql: SQL) throws(DatabaseError) -> PreparedStatement {
        let cached = try cache.statement(sql) { () throws(DatabaseError) in try prepare(sql.string) }
        return cached.isRunning ? try prepare(sql.string) : cached
    }

    /// Compiles one statement.
    func prepare(_ text: String) throws(DatabaseError) -> PreparedStatement {
        var compiled: OpaquePointer?
        var hasRest = false
        let code = text.withCString { start in
            var rest: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v3(handle, start, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, &rest)
            if let rest { hasRest = String(cString: rest).contains { !$0.isWhitespace && $0 != ";" } }
            return code
        }
        guard code == SQLITE_OK else { throw failure(code) }
        guard let compiled else { throw .misuse(message: "empty statement") }
        let statement = PreparedStatement(compiled)
        guard !hasRest else { throw .misuse(message: "more than one statement: \(text)") }
        return statement
    }

    /// Runs a bound statement, calling `body` per row until it returns false. A statement that writes always runs to its
    /// end, so that it has its whole effect and its errors are seen.
    func run(_ statement: PreparedStatement, _ body: (Row) throws -> Bool) throws {
        statement.isRunning = true
        defer {
            sqlite3_reset(statement.handle)
            statement.isRunning = false
        }
        var wantsMore = true
        while true {
            switch sqlite3_step(statement.handle) {
            case SQLITE_ROW:
                if wantsMore { wantsMore = try body(Row(source: statement)) }
                if !wantsMore && statement.isReadOnly { return }
            case SQLITE_DONE:
                return
            case let code:
                throw failure(code)
            }
        }
    }

    /// Runs a statement without parameters and rows; the result code is SQLite's.
    func step(_ statement: PreparedStatement) -> Int32 {
        let code = sqlite3_step(statement.handle)
        sqlite3_reset(statement.handle)
        return code
    }

    /// Runs one or more statements without parameters, ignoring rows.
    func script(_ sql: String) throws(DatabaseError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    // MARK: - State

    /// Rows that the last statement changed.
    var changes: Int { Int(sqlite3_changes64(handle)) }

    /// Whether a transaction is open: SQLite ends it by itself after some errors.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// The error of the call that returned `code`.
    func failure(_ code: Int32) -> DatabaseError {
        SQLiteFailure.error(code: code, message: String(cString: sqlite3_errmsg(handle)))
    }
}

extension Connection: Reader {
    func query(_ sql: SQL, values: [SQLValue], _ body: (Row) throws -> Bool) throws {
        let statement = try statement(sql)
        guard statement.isReadOnly else { throw DatabaseError.misuse(message: "a write in a read: \(statement.text)") }
        try statement.bind(values)
        try run(statement, body)
    }
}
