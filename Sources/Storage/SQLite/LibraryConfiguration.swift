import CSQLite

/// What is set for the whole library, before the first connection of the process is opened.
enum LibraryConfiguration {
    /// SQLite counts its memory under a mutex at each allocation, a tenth of the instructions of a payment's statements.
    /// Nobody reads the counts. It is to no avail, and does no harm, where somebody else has used the library before.
    static let isApplied = tollgate_sqlite3_disable_memory_statistics() == SQLITE_OK
}
