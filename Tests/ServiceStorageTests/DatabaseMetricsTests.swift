import Chassis
import Logging
import ServiceStorage
import Storage
import TestSupport
import Testing

@Suite struct DatabaseMetricsTests {
    private static let table = Migration(
        number: 1, name: "table", sql: "CREATE TABLE numbers (number INTEGER PRIMARY KEY) STRICT;")

    private struct Refusal: Error {}

    private func chassis(_ directory: TemporaryDirectory) throws -> Chassis {
        try Chassis(
            name: "test-service", settings: Settings(["DATA_DIR": directory.file("data"), "EVENT_LOOPS": "1"]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// The samples of an exposition: name with labels, and value.
    private func samples(_ chassis: Chassis) -> [String: Double] {
        let lines = String(decoding: chassis.metrics.exposition(), as: UTF8.self).split(separator: "\n")
        let pairs = lines.filter { !$0.hasPrefix("#") }.compactMap { line -> (String, Double)? in
            guard let space = line.lastIndex(of: " "), let value = Double(line[space...].dropFirst()) else {
                return nil
            }
            return (String(line[..<space]), value)
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    @Test func whatTheDatabaseDoesIsCounted() async throws {
        let directory = try TemporaryDirectory()
        let chassis = try chassis(directory)
        let database = try await ServiceDatabase.open(chassis, migrations: [Self.table])
        for number in 1...5 {
            try await database.write { _ = try $0.execute("INSERT INTO numbers VALUES (?)", .integer(Int64(number))) }
        }
        await #expect(throws: Refusal.self) { try await database.write { _ in throw Refusal() } }
        for _ in 0..<3 { _ = try await database.read { try $0.exists("SELECT 1 FROM numbers") } }
        _ = try await database.lookup { try $0.exists("SELECT 1 FROM numbers WHERE number = 1") }

        let samples = samples(chassis)
        #expect(samples["database_writes_total"] == 6)
        #expect(samples["database_refused_writes_total"] == 1)
        #expect(samples["database_lost_writes_total"] == 0)
        #expect(samples[#"database_batches_total{result="committed"}"#] == 6)
        #expect(samples[#"database_batches_total{result="failed"}"#] == 0)
        #expect(samples[#"database_batch_size_bucket{le="1"}"#] == 6)
        #expect(samples["database_batch_size_sum"] == 6)
        #expect(samples["database_commit_seconds_count"] == 6)
        #expect(try #require(samples["database_commit_seconds_sum"]) > 0)
        #expect(samples[#"database_queue_wait_seconds_count{queue="write"}"#] == 6)
        #expect(samples[#"database_queue_wait_seconds_count{queue="read"}"#] == 3)
        #expect(samples[#"database_queue_length{queue="write"}"#] == 0)
        #expect(samples["database_reads_total"] == 3)
        #expect(samples["database_lookups_total"] == 1)
        #expect(samples["database_reader_threads"] == 2)
        #expect(samples["database_busy_readers"] == 0)
        #expect(try #require(samples[#"database_file_bytes{file="main"}"#]) >= 4_096)
        #expect(try #require(samples[#"database_file_bytes{file="wal"}"#]) > 0)
        await database.close()
    }

    @Test func itIsReadyWhileItCanBeRead() async throws {
        let directory = try TemporaryDirectory()
        let chassis = try chassis(directory)
        let database = try await ServiceDatabase.open(chassis, migrations: [Self.table])
        #expect(await status(chassis) == .healthy)
        await database.close()
        guard case .unhealthy = await status(chassis) else {
            Issue.record("a closed database is called healthy")
            return
        }
    }

    private func status(_ chassis: Chassis) async -> HealthStatus? {
        await chassis.health.results().first { $0.name == "storage" }?.status
    }
}
