import Storage
import Testing

@Suite struct DatabaseTests {
    @Test func writesAreSeenByAllReaders() async throws {
        let fixture = try await Fixture()
        let database = fixture.database
        try await database.write { try $0.insert("a", 7) }
        #expect(try await database.lookup { try $0.value("a") } == 7)
        #expect(try await database.read { try $0.value("a") } == 7)
        #expect(try await database.write { try $0.value("a") } == 7)
        await database.close()
    }

    @Test func executeCountsChangedRows() async throws {
        let fixture = try await Fixture()
        let counts = try await fixture.database.write { transaction in
            try transaction.insert("a", 1)
            try transaction.insert("b", 1)
            return [
                try transaction.execute("UPDATE counters SET value = 2"),
                try transaction.execute("UPDATE counters SET value = 3 WHERE name = 'a'"),
                try transaction.execute("DELETE FROM counters WHERE name = 'none'"),
            ]
        }
        #expect(counts == [2, 1, 0])
        await fixture.database.close()
    }

    @Test func valuesKeepTheirTypes() async throws {
        let fixture = try await Fixture()
        let long = String(repeating: "ü€", count: 500)
        try await fixture.database.write { transaction in
            try transaction.insert("a", .max)
            try transaction.execute(
                "INSERT INTO marks (id, counter, note, data) VALUES (?, ?, ?, ?), (?, ?, ?, ?), (?, 'a', NULL, NULL)",
                1, "a", .text(long), .blob([0, 255, 1]), 2, "a", "", .blob([]), 3)
        }
        let rows = try await fixture.database.read { reader in
            try reader.all("SELECT note, data, 0.5 FROM marks ORDER BY id") { row in
                #expect(try row.double(2) == 0.5)
                return try (row.optionalString(0), row.optionalBytes(1), row.isNull(0)) as (String?, [UInt8]?, Bool)
            }
        }
        #expect(rows.map(\.0) == [long, "", nil])
        #expect(rows.map(\.1) == [[0, 255, 1], [], nil])
        #expect(rows.map(\.2) == [false, false, true])
        #expect(try await fixture.database.lookup { try $0.value("a") } == .max)
        await fixture.database.close()
    }
}
