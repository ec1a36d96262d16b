import Storage
import TestSupport
import Testing

@Suite struct MigrationTests {
    private static let second = Migration(
        number: 2, name: "colours",
        sql: "ALTER TABLE counters ADD COLUMN colour TEXT; CREATE TABLE colours (name TEXT) STRICT")

    private let directory: TemporaryDirectory
    private var path: String { directory.file("test.sqlite") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(_ migrations: [Migration]) async throws -> SQLiteDatabase {
        try await SQLiteDatabase.open(path: path, migrations: migrations)
    }

    @Test func runOnceEachAndKeepTheData() async throws {
        let first = try await open([.counters])
        try await first.write { try $0.insert("a", 5) }
        await first.close()
        for _ in 0..<2 {
            let second = try await open([.counters, Self.second])
            #expect(try await second.lookup { try $0.value("a") } == 5)
            #expect(try await second.lookup { try $0.exists("SELECT colour FROM counters") })
            let applied = try await second.read {
                try $0.all("SELECT number, name FROM schema_migrations ORDER BY number") {
                    "\(try $0.int(0)) \(try $0.string(1))"
                }
            }
            #expect(applied == ["1 counters", "2 colours"])
            await second.close()
        }
    }

    @Test func aNewerSchemaStopsTheProgram() async throws {
        try await open([.counters, Self.second]).close()
        await #expect(throws: DatabaseError.schemaTooNew(found: 2, known: 1)) { _ = try await open([.counters]) }
        // The refusal changed nothing and left no lock behind.
        try await open([.counters, Self.second]).close()
    }

    @Test func anEditedMigrationIsFound() async throws {
        try await open([.counters]).close()
        let edited = Migration(number: 1, name: "counters", sql: Migration.counters.sql + " ")
        let error = await #expect(throws: DatabaseError.self) { _ = try await open([edited]) }
        guard case .migrationChanged(number: 1, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [[2], [1, 3], [1, 1], [2, 1]])
    func numbersHaveNoGaps(numbers: [Int]) async throws {
        let migrations = numbers.map { Migration(number: $0, name: "m", sql: "SELECT 1") }
        let error = await #expect(throws: DatabaseError.self) { _ = try await open(migrations) }
        guard case .migrationChanged = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        "CREATE TABLE half (x TEXT) STRICT; INSERT INTO nowhere VALUES (1)",
        "CREATE TABLE half (x TEXT) STRICT; COMMIT",
        "CREATE TABLE half (x TEXT",
    ])
    func aFailingMigrationLeavesTheOneBefore(sql: String) async throws {
        let broken = Migration(number: 2, name: "broken", sql: sql)
        let error = await #expect(throws: DatabaseError.self) { _ = try await open([.counters, broken]) }
        guard case .migrationFailed(number: 2, name: "broken", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let database = try await open([.counters])
        try await database.write { try $0.insert("a") }
        let number = try await database.lookup {
            try $0.first("SELECT max(number) FROM schema_migrations") { try $0.int(0) }
        }
        #expect(number == 1)
        await database.close()
    }
}
