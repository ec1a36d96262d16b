import CSQLite

/// A compiled statement of one connection, and its current row.
final class PreparedStatement: RowSource {
    let handle: OpaquePointer
    let isReadOnly: Bool
    private let parameterCount: Int
    private let columnCount: Int32
    /// Set while it runs: a row's closure may use the same text again and then needs another copy.
    var isRunning = false

    /// Takes over a compiled statement.
    init(_ handle: OpaquePointer) {
        self.handle = handle
        isReadOnly = sqlite3_stmt_readonly(handle) != 0
        parameterCount = Int(sqlite3_bind_parameter_count(handle))
        columnCount = sqlite3_column_count(handle)
    }

    deinit {
        sqlite3_finalize(handle)
    }

    // MARK: - Parameters

    /// Binds all parameters; none keeps its value from the run before.
    func bind(_ values: [SQLValue]) throws(DatabaseError) {
        guard values.count == parameterCount else {
            throw .misuse(message: "\(values.count) values for \(parameterCount) parameters: \(text)")
        }
        for index in values.indices {
            let code = bind(values[index], at: Int32(truncatingIfNeeded: index + 1))
            guard code == SQLITE_OK else {
                throw SQLiteFailure.error(code: code, message: "cannot bind parameter \(index + 1)")
            }
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: sqlite3_bind_null(handle, index)
        case .integer(let integer): sqlite3_bind_int64(handle, index, integer)
        case .real(let double): sqlite3_bind_double(handle, index, double)
        case .text(var string): string.withUTF8 { bind(text: $0, at: index) }
        case .blob(let bytes): bytes.withUnsafeBufferPointer { bind(blob: $0, at: index) }
        }
    }

    // SQLITE_TRANSIENT: SQLite copies into memory that the parameter keeps from run to run.
    private func bind(text: UnsafeBufferPointer<UInt8>, at index: Int32) -> Int32 {
        guard let start = text.baseAddress else { return sqlite3_bind_text(handle, index, "", 0, Self.transient) }
        return start.withMemoryRebound(to: CChar.self, capacity: text.count) {
            sqlite3_bind_text64(handle, index, $0, UInt64(text.count), Self.transient, UInt8(SQLITE_UTF8))
        }
    }

    private func bind(blob: UnsafeBufferPointer<UInt8>, at index: Int32) -> Int32 {
        guard let start = blob.baseAddress, !blob.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
        return sqlite3_bind_blob64(handle, index, start, UInt64(blob.count), Self.transient)
    }

    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    // MARK: - Columns

    private func hasColumn(_ column: Int) -> Bool {
        column >= 0 && column < Int(columnCount)
    }

    @inline(__always)
    private func check(_ column: Int, is type: Int32, _ expected: String) throws(DatabaseError) -> Int32 {
        guard hasColumn(column), sqlite3_column_type(handle, Int32(truncatingIfNeeded: column)) == type else {
            throw mismatch(column, expected: expected)
        }
        return Int32(truncatingIfNeeded: column)
    }

    func int64(_ column: Int) throws -> Int64 {
        sqlite3_column_int64(handle, try check(column, is: SQLITE_INTEGER, "an integer"))
    }

    func double(_ column: Int) throws -> Double {
        sqlite3_column_double(handle, try check(column, is: SQLITE_FLOAT, "a double"))
    }

    func string(_ column: Int) throws -> String {
        let index = try check(column, is: SQLITE_TEXT, "text")
        guard let start = sqlite3_column_text(handle, index) else {
            throw DatabaseError.unavailable(message: "no memory")
        }
        let count = Int(sqlite3_column_bytes(handle, index))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int) throws -> [UInt8] {
        let index = try check(column, is: SQLITE_BLOB, "bytes")
        // An empty blob has no address.
        guard let start = sqlite3_column_blob(handle, index) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
    }

    func isNull(_ column: Int) throws -> Bool {
        guard hasColumn(column) else { throw mismatch(column, expected: "anything") }
        return sqlite3_column_type(handle, Int32(truncatingIfNeeded: column)) == SQLITE_NULL
    }

    func mismatch(_ column: Int, expected: String) -> DatabaseError {
        guard hasColumn(column) else {
            return .typeMismatch(column: "\(column)", expected: expected, found: "nothing: there is no such column")
        }
        let index = Int32(truncatingIfNeeded: column)
        let name = sqlite3_column_name(handle, index).map { String(cString: $0) } ?? "\(column)"
        let found =
            switch sqlite3_column_type(handle, index) {
            case SQLITE_INTEGER: "an integer"
            case SQLITE_FLOAT: "a double"
            case SQLITE_TEXT: "text"
            case SQLITE_BLOB: "bytes"
            default: "NULL"
            }
        return .typeMismatch(column: name, expected: expected, found: found)
    }

    /// The SQL, for error texts.
    var text: String {
        sqlite3_sql(handle).map { String(cString: $0) } ?? ""
    }
}
