public import Chassis
public import Storage

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The database of a service, as every service that has one opens it.
public enum ServiceDatabase {
    /// Opens `<DATA_DIR>/<service>.sqlite`, migrates it, and adds the readiness check `storage` and the metrics
    /// `database_…` (docs/metrics.md).
    ///
    /// - Parameter observer: is told of what happens beside the metrics.
    /// - Throws: `SettingsError` for `GROUP_COMMIT_LIMIT`; `DatabaseError` when it cannot be opened or migrated;
    ///   `FileError` when its directory cannot be made.
    public static func open(
        _ chassis: Chassis, migrations: [Migration], observer: (any DatabaseObserver)? = nil
    ) async throws -> SQLiteDatabase {
        var options = SQLiteOptions()
        options.batchLimit = try chassis.settings.integer(
            "GROUP_COMMIT_LIMIT", in: 1...4_096, default: options.batchLimit)
        try FileAccess.makeDirectory(chassis.listen.dataDirectory, mode: 0o700)
        let metrics = DatabaseMetrics(chassis.metrics)
        options.logger = chassis.logger
        options.observer = observer.map { ObserverPair(first: metrics, second: $0) } ?? metrics
        if let faults = chassis.faults { options.refusesWrite = { faults.refusesWrite() } }
        let database = try await SQLiteDatabase.open(
            path: chassis.databasePath, migrations: migrations, options: options)
        if let faults = chassis.faults { offer(database, to: faults) }
        metrics.collect(from: database, path: chassis.databasePath, into: chassis.metrics)
        chassis.health.register("storage") {
            do {
                _ = try await database.lookup { try $0.exists("SELECT 1 FROM sqlite_schema LIMIT 1") }
                return .healthy
            } catch {
                return .unhealthy("\(error)")
            }
        }
        return database
    }

    /// A write that does nothing, for as long as the fault lasts: the writer's thread has nothing for anybody else.
    private static func offer(_ database: SQLiteDatabase, to faults: FaultLab) {
        faults.offerDatabase { [weak database] isActive in
            try? await database?.write { _ in
                while isActive() { usleep(5_000) }
            }
        }
    }
}

/// Tells two.
private struct ObserverPair: DatabaseObserver {
    let first: any DatabaseObserver
    let second: any DatabaseObserver

    func started(_ queue: DatabaseQueue, waited nanoseconds: UInt64) {
        first.started(queue, waited: nanoseconds)
        second.started(queue, waited: nanoseconds)
    }

    func ended(_ batch: BatchReport) {
        first.ended(batch)
        second.ended(batch)
    }
}
