import Storage
import TestSupport

/// A database in a directory of its own.
struct Fixture: Sendable {
    let directory: TemporaryDirectory
    let database: SQLiteDatabase

    var path: String { directory.file("test.sqlite") }

    init(_ migrations: [Migration] = [.counters], options: SQLiteOptions = SQLiteOptions()) async throws {
        directory = try TemporaryDirectory()
        database = try await SQLiteDatabase.open(
            path: directory.file("test.sqlite"), migrations: migrations, options: options)
    }
}

extension Migration {
    /// A table of named counters that refuse to go below zero.
    static let counters = Migration(
        number: 1, name: "counters",
        sql: """
            CREATE TABLE counters (
                name TEXT PRIMARY KEY, value INTEGER NOT NULL, CONSTRAINT not_negative CHECK (value >= 0)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE marks (
                id INTEGER PRIMARY KEY, counter TEXT NOT NULL REFERENCES counters (name), note TEXT, data BLOB
            ) STRICT;
            CREATE TRIGGER marks_are_immutable BEFORE UPDATE ON marks BEGIN SELECT RAISE(ABORT, 'immutable'); END;
            """)
}

extension Reader {
    func value(_ name: String) throws -> Int64? {
        try first("SELECT value FROM counters WHERE name = ?", .text(name)) { try $0.int64(0) }
    }
}

extension Transaction {
    func insert(_ name: String, _ value: Int64 = 0) throws {
        try execute("INSERT INTO counters (name, value) VALUES (?, ?)", .text(name), .integer(value))
    }

    @discardableResult
    func add(_ amount: Int64, to name: String) throws -> Int {
        try execute("UPDATE counters SET value = value + ? WHERE name = ?", .integer(amount), .text(name))
    }
}

/// A body's own refusal.
struct Refusal: Error, Equatable {
    let number: Int
}
