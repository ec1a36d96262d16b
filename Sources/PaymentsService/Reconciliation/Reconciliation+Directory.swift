public import Chassis
import Storage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Reconciliation {
    /// Compares the books of a data directory, those of a running service or of a stopped one or of a backup.
    ///
    /// - Parameters:
    ///   - directory: The folder of `up`, or the `DATA_DIR` of payments-service.
    ///   - report: The processor's books; nil for those of the sandbox in the same directory.
    ///   - grace: For how many milliseconds an order may be under way before it counts as a difference.
    /// - Throws: `DatabaseError` when a database is missing or cannot be read.
    public static func run(
        in directory: String, report: ReportFile?, grace: Int64, clock: any WallClock = SystemWallClock()
    ) async throws -> Reconciliation {
        let folder = Self.folder(in: directory)
        let ledger = try ReadOnlyDatabase(path: "\(folder)/payments-service.sqlite")
        let now = clock.now
        guard let report else {
            let sandbox = try ReadOnlyDatabase(path: "\(folder)/\(SandboxProcessor.databaseName)")
            return try await Reconciliation(
                ledger: LedgerBook(database: ledger), processor: SandboxBook(database: sandbox) { clock.now }, at: now,
                grace: grace)
        }
        return try await Reconciliation(
            ledger: LedgerBook(database: ledger), processor: report, at: now, grace: grace)
    }

    private static func folder(in directory: String) -> String {
        let inner = "\(directory)/payments-service"
        return FileManager.default.fileExists(atPath: "\(inner)/payments-service.sqlite") ? inner : directory
    }
}
