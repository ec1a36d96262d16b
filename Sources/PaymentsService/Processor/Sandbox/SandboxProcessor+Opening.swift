import Chassis
import Logging
import Storage

extension SandboxProcessor {
    /// The name of its database in the data directory of the service that it runs in.
    static let databaseName = "sandbox-processor.sqlite"

    /// Opens the sandbox's own database beside that of the service.
    ///
    /// - Throws: `DatabaseError` when it cannot be opened or migrated.
    static func open(_ chassis: Chassis, slowMilliseconds: Int64) async throws -> SandboxProcessor {
        let path = "\(chassis.listen.dataDirectory)/\(databaseName)"
        return try await open(
            path: path, clock: chassis.clock, slowMilliseconds: slowMilliseconds, logger: chassis.logger)
    }

    /// Opens the sandbox on the database at `path`.
    static func open(
        path: String, clock: any WallClock, slowMilliseconds: Int64, logger: Logger
    ) async throws -> SandboxProcessor {
        var options = SQLiteOptions()
        options.logger = logger
        // It is small: what it needs of memory is not to be seen.
        options.readerThreads = 1
        options.cacheKiB = 1_024
        let database = try await SQLiteDatabase.open(path: path, migrations: SandboxSchema.migrations, options: options)
        return SandboxProcessor(database: database, clock: clock, slowMilliseconds: slowMilliseconds, logger: logger)
    }
}
