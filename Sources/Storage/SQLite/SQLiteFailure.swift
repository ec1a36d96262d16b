import CSQLite

/// Translates SQLite's result codes (https://sqlite.org/rescode.html) into what a caller can do about them.
enum SQLiteFailure {
    static func error(code: Int32, message: String) -> DatabaseError {
        switch code & 0xff {
        case SQLITE_CONSTRAINT: .constraint(kind(of: code), message: message)
        case SQLITE_BUSY, SQLITE_LOCKED: .busy(message: message)
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_INTERRUPT, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_PROTOCOL,
            SQLITE_NOLFS, SQLITE_AUTH:
            .unavailable(message: "\(message) (\(code))")
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: .corrupt(message: message)
        default: .misuse(message: "\(message) (\(code))")
        }
    }

    // The extended codes are macros with arithmetic, which the importer leaves out: primary code | (n << 8).
    private static func kind(of code: Int32) -> DatabaseError.ConstraintKind {
        switch code >> 8 {
        case 1: .check
        case 3: .foreignKey
        case 5: .notNull
        case 6, 8, 10: .unique  // primary key, unique, rowid
        case 7: .trigger
        case 12: .type
        default: .other
        }
    }
}

extension DatabaseError {
    /// The same cause, for those whose outcome it left unknown.
    var asUnavailable: DatabaseError {
        if case .unavailable = self { self } else { .unavailable(message: "\(self)") }
    }
}
