import Storage
import Testing

@Suite struct StatementTests {
    /// A cache of two serves more texts than that, in any order, also while older ones still run.
    @Test func aSmallCacheServesManyStatements() async throws {
        var options = SQLiteOptions()
        options.statementLimit = 2
        let fixture = try await Fixture(options: options)
        try await fixture.database.lookup { reader in
            for round in 0..<3 {
                for n in 0..<10 {
                    let found = try reader.first(SQL(assembled: "SELECT \(n)")) { try $0.int(0) }
                    #expect(found == n, "round \(round)")
                }
            }
            var seen: [Int] = []
            try reader.forEach("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3") { row in
                for n in 10..<15 { _ = try reader.exists(SQL(assembled: "SELECT \(n)")) }
                seen.append(try row.int(0))
            }
            #expect(seen == [1, 2, 3])
        }
        await fixture.database.close()
    }

    /// A reset statement must not bring back what was bound in the run before.
    @Test func everyRunBindsAnew() async throws {
        let fixture = try await Fixture()
        let echo: SQL = "SELECT ?, ?"
        let values: [[SQLValue]] = [["a", 1], [nil, "b"], [.blob([1]), nil], [2, .text("")]]
        try await fixture.database.lookup { reader in
            for pair in values {
                try reader.query(echo, values: pair) { row in
                    let nulls = [try row.isNull(0), try row.isNull(1)]
                    #expect(nulls == pair.map { $0 == .null })
                    return true
                }
            }
            let error = #expect(throws: DatabaseError.self) { try reader.query(echo, values: ["a"]) { _ in true } }
            #expect(error == .misuse(message: "1 values for 2 parameters: SELECT ?, ?"))
        }
        await fixture.database.close()
    }

    @Test func partsJoinToOneStatement() async throws {
        let columns: SQL = "SELECT name, value FROM counters"
        let byName = columns + " WHERE name = ?"
        #expect(byName.string == "SELECT name, value FROM counters WHERE name = ?")
        let fixture = try await Fixture()
        try await fixture.database.write { try $0.insert("a", 3) }
        let found = try await fixture.database.lookup { try $0.first(byName, "a") { try $0.int64(1) } }
        #expect(found == 3)
        await fixture.database.close()
    }

    /// RETURNING rows are seen, and the statement still has its whole effect when only the first row is asked for.
    @Test func returningWritesAllRows() async throws {
        let fixture = try await Fixture()
        let first = try await fixture.database.write { transaction in
            try transaction.first("INSERT INTO counters VALUES ('a', 1), ('b', 2), ('c', 3) RETURNING name") {
                try $0.string(0)
            }
        }
        #expect(first == "a")
        let count = try await fixture.database.lookup {
            try $0.first("SELECT count(*) FROM counters") { try $0.int(0) }
        }
        #expect(count == 3)
        await fixture.database.close()
    }
}
