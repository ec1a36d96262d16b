import CSQLite
import Logging

/// Brings a schema up to date, forward only, each migration in a transaction of its own.
///
/// It runs on the writer's connection before anybody else has one. The table `schema_migrations` remembers what was
/// applied, with checksums.
struct Migrator {
    let connection: Connection
    let migrations: [Migration]
    let logger: Logger

    private struct Applied {
        let number: Int
        let name: String
        let checksum: String
    }

    /// - Throws: `DatabaseError.schemaTooNew`, `.migrationChanged`, `.migrationFailed`.
    func run() throws {
        for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
            throw DatabaseError.migrationChanged(
                number: migration.number, message: "migrations are numbered 1, 2, 3 …; this is number \(index + 1)")
        }
        try connection.script(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
                applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
            ) STRICT
            """)
        let applied = try check()
        // Some builds of SQLite let nobody edit the text of a table unless they are told to.
        _ = tollgate_sqlite3_allow_schema_edits(connection.handle)
        for migration in migrations[applied...] { try apply(migration) }
    }

    /// Compares what was applied with what is known, and changes nothing.
    ///
    /// - Throws: `DatabaseError.schemaTooNew`, `.schemaTooOld`, `.migrationChanged`; `.misuse` when there is no schema.
    func expectAllApplied() throws {
        let applied = try check()
        if applied < migrations.count { throw DatabaseError.schemaTooOld(found: applied, known: migrations.count) }
    }

    /// Compares what was applied with what is known; returns how many were.
    private func check() throws -> Int {
        let applied = try connection.all("SELECT number, name, checksum FROM schema_migrations ORDER BY number") {
            row in
            Applied(number: try row.int(0), name: try row.string(1), checksum: try row.string(2))
        }
        if let last = applied.last, last.number > migrations.count {
            throw DatabaseError.schemaTooNew(found: last.number, known: migrations.count)
        }
        for (row, migration) in zip(applied, migrations) {
            guard row.number == migration.number else {
                throw DatabaseError.migrationChanged(
                    number: migration.number, message: "missing in schema_migrations, although later ones are there")
            }
            guard row.checksum == migration.checksum else {
                throw DatabaseError.migrationChanged(
                    number: row.number,
                    message: "applied as \"\(row.name)\" with checksum \(row.checksum), reads \(migration.checksum) now"
                )
            }
        }
        return applied.count
    }

    private func apply(_ migration: Migration) throws {
        do {
            try connection.script("BEGIN IMMEDIATE")
            try connection.script(migration.sql)
            guard connection.isInTransaction else { throw DatabaseError.misuse(message: "it ends the transaction") }
            try record(migration)
            try connection.script("COMMIT")
        } catch {
            if connection.isInTransaction { try? connection.script("ROLLBACK") }
            throw DatabaseError.migrationFailed(
                number: migration.number, name: migration.name, message: "\(error)")
        }
        logger.info("migration applied", metadata: ["number": "\(migration.number)", "name": "\(migration.name)"])
    }

    private func record(_ migration: Migration) throws {
        let insert = try connection.statement("INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)")
        try insert.bind([.init(migration.number), .text(migration.name), .text(migration.checksum)])
        try connection.run(insert) { _ in true }
    }
}
