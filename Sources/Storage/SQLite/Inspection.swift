extension SQLiteDatabase {
    /// Runs `body` on one snapshot of the database at `path`, which stays as it is: the database of another process,
    /// running or not, or a copy.
    ///
    /// It takes no lock that stops a writer. While it runs, the write-ahead log of a running service is not emptied.
    ///
    /// - Parameter migrations: What the database must have been migrated by; nil when it does not matter.
    /// - Throws: What `body` throws; `DatabaseError.unavailable` when the file cannot be opened; `.corrupt` when it is no
    ///   database; `.schemaTooNew`, `.schemaTooOld`, `.migrationChanged`.
    public static func inspect<T: Sendable>(
        _ path: String, migrations: [Migration]? = nil, options: SQLiteOptions = SQLiteOptions(),
        _ body: @escaping @Sendable (any Reader) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do throws(DatabaseError) {
                _ = try NativeThread {
                    continuation.resume(
                        with: Result {
                            let connection = try Connection(path: path, role: .reader, options: options)
                            try connection.script("BEGIN")
                            if let migrations {
                                try Migrator(connection: connection, migrations: migrations, logger: options.logger)
                                    .expectAllApplied()
                            }
                            return try body(connection)
                        })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
