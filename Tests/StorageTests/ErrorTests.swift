import Storage
import Testing

@Suite struct ErrorTests {
    @Test(arguments: [
        ("INSERT INTO counters VALUES ('a', 1)", DatabaseError.ConstraintKind.unique, "counters.name"),
        ("INSERT INTO counters VALUES ('b', -1)", .check, "not_negative"),
        ("INSERT INTO counters VALUES ('b', NULL)", .notNull, "counters.value"),
        ("INSERT INTO counters VALUES ('b', 'text')", .type, "TEXT value in INTEGER column counters.value"),
        ("INSERT INTO marks VALUES (2, 'none', NULL, NULL)", .foreignKey, "FOREIGN KEY"),
        ("INSERT INTO marks VALUES (1, 'a', NULL, NULL)", .unique, "marks.id"),
        ("DELETE FROM counters WHERE name = 'a'", .foreignKey, "FOREIGN KEY"),
        ("UPDATE marks SET note = 'changed'", .trigger, "immutable"),
    ])
    func constraintsAreToldApart(sql: String, kind: DatabaseError.ConstraintKind, text: String) async throws {
        let fixture = try await Fixture()
        try await fixture.database.write { transaction in
            try transaction.insert("a")
            try transaction.execute("INSERT INTO marks VALUES (1, 'a', NULL, NULL)")
        }
        let error = await #expect(throws: DatabaseError.self) {
            try await fixture.database.write { _ = try $0.execute(SQL(assembled: sql)) }
        }
        guard case .constraint(kind, let message) = error else {
            Issue.record("\(sql): \(String(describing: error))")
            return
        }
        #expect(message.contains(text))
        await fixture.database.close()
    }

    @Test(arguments: [
        "INSERT INTO counters VALUES ('b', 1)", "CREATE TABLE other (x)", "SELEC", "", "SELECT 1; SELECT 2",
        "SELECT ?",
    ])
    func aReaderRefuses(sql: String) async throws {
        let fixture = try await Fixture()
        for body in [fixture.database.read, fixture.database.lookup] as [Reading] {
            let error = await #expect(throws: DatabaseError.self) {
                try await body { _ = try $0.exists(SQL(assembled: sql)) }
            }
            guard case .misuse = error else {
                Issue.record("\(sql): \(String(describing: error))")
                continue
            }
        }
        await fixture.database.close()
    }

    private typealias Reading = (@escaping @Sendable (any Reader) throws -> Void) async throws -> Void

    @Test func columnsAreNeverConverted() async throws {
        let fixture = try await Fixture()
        let database = fixture.database
        try await expect(database, "'text'", "an integer", "text") { _ = try $0.int64(1) }
        try await expect(database, "1", "text", "an integer") { _ = try $0.string(0) }
        try await expect(database, "NULL", "an integer", "NULL") { _ = try $0.int64(2) }
        try await expect(database, "NULL", "bytes", "NULL") { _ = try $0.bytes(2) }
        try await expect(database, "x'00'", "text", "bytes") { _ = try $0.optionalString(3) }
        try await expect(database, "1", "a double", "an integer") { _ = try $0.double(0) }
        try await expect(database, "1.5", "an integer", "a double") { _ = try $0.int64(4) }
        try await expect(database, "two", "0 or 1", "an integer") { _ = try $0.bool(5) }
        let missing = "nothing: there is no such column"
        for column in [-1, 6, Int(Int32.max) + 1, Int.min] {
            try await expect(database, "\(column)", "anything", missing) { _ = try $0.isNull(column) }
            try await expect(database, "\(column)", "an integer", missing) { _ = try $0.int64(column) }
        }
        await fixture.database.close()
    }

    private func expect(
        _ database: SQLiteDatabase, _ column: String, _ expected: String, _ found: String,
        _ read: (Row) throws -> Void
    ) async throws {
        await #expect(throws: DatabaseError.typeMismatch(column: column, expected: expected, found: found)) {
            try await database.lookup { reader in
                try reader.forEach("SELECT 1, 'text', NULL, x'00', 1.5, 2 AS two", body: read)
            }
        }
    }

    @Test func aStatementMayRunInsideItsOwnRows() async throws {
        let fixture = try await Fixture()
        let statement: SQL = "SELECT value FROM (SELECT 1 AS value UNION SELECT 2) ORDER BY value"
        let pairs = try await fixture.database.read { reader in
            try reader.all(statement) { outer in
                let first = try outer.int64(0)
                return try reader.all(statement) { [first, try $0.int64(0)] }
            }
        }
        #expect(pairs == [[[1, 1], [1, 2]], [[2, 1], [2, 2]]])
        await fixture.database.close()
    }
}
