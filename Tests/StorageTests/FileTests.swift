import Storage
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Ownership, closing, checkpoints and damage.
@Suite struct FileTests {
    @Test func aSecondOwnerIsRefused() async throws {
        let fixture = try await Fixture()
        let error = await #expect(throws: DatabaseError.self) {
            _ = try await SQLiteDatabase.open(path: fixture.path, migrations: [.counters])
        }
        #expect(error == .inUse(path: fixture.path))
        #expect(error?.description == "the database \(fixture.path) is in use by another process")
        try await fixture.database.write { try $0.insert("a") }
        await fixture.database.close()
        let again = try await SQLiteDatabase.open(path: fixture.path, migrations: [.counters])
        #expect(try await again.lookup { try $0.value("a") } == 0)
        await again.close()
    }

    @Test func aMissingDirectoryIsOneClearError() async throws {
        let error = await #expect(throws: DatabaseError.self) {
            _ = try await SQLiteDatabase.open(path: "/nowhere/at/all.sqlite", migrations: [])
        }
        guard case .unavailable(let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("/nowhere/at/all.sqlite"))
        #expect(!message.contains("\n"))
    }

    @Test func onlyTheOwnerMayReadTheFiles() async throws {
        let fixture = try await Fixture()
        try await fixture.database.write { try $0.insert("a") }
        for suffix in ["", "-wal", "-shm", ".lock"] {
            var status = stat()
            try #require(stat(fixture.path + suffix, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600, "\(suffix)")
        }
        let copy = fixture.directory.file("copy.sqlite")
        try await fixture.database.backup(to: copy)
        var status = stat()
        try #require(stat(copy, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(access(copy + ".partial", F_OK) != 0)
        await fixture.database.close()
    }

    @Test func closingAnswersWhatIsQueuedAndFoldsTheLogIn() async throws {
        let fixture = try await Fixture()
        let database = fixture.database
        let gate = Gate()
        let first = await gate.occupy(database)
        let queued = (0..<10).map { n in Task { try await database.write { try $0.insert("\(n)") } } }
        try await database.waitForQueue(10)
        let closing = [Task { await database.close() }, Task { await database.close() }]
        gate.open()
        for task in closing { await task.value }
        try await first.value
        for task in queued { try await task.value }
        #expect(access(fixture.path + "-wal", F_OK) != 0)
        #expect(access(fixture.path + "-shm", F_OK) != 0)
        await #expect(throws: DatabaseError.closed) { try await database.write { try $0.insert("late") } }
        await #expect(throws: DatabaseError.closed) { try await database.read { try $0.value("1") } }
        await #expect(throws: DatabaseError.closed) { try await database.lookup { try $0.value("1") } }
        await #expect(throws: DatabaseError.closed) { try await database.quickCheck() }
        await database.close()

        let again = try await SQLiteDatabase.open(path: fixture.path, migrations: [.counters])
        #expect(try await again.lookup { try $0.first("SELECT count(*) FROM counters") { try $0.int(0) } } == 10)
        await again.close()
    }

    @Test func aDroppedDatabaseClosesItself() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("test.sqlite")
        do {
            let database = try await SQLiteDatabase.open(path: path, migrations: [.counters])
            try await database.write { try $0.insert("a") }
        }
        var again: SQLiteDatabase?
        try await waitUntil("the lock is free") {
            again = try? await SQLiteDatabase.open(path: path, migrations: [.counters])
            return again != nil
        }
        #expect(try await again?.lookup { try $0.value("a") } == 0)
        await again?.close()
    }

    @Test func theLogIsFoldedInAndReused() async throws {
        var options = SQLiteOptions()
        options.checkpointPages = 20
        let fixture = try await Fixture(options: options)
        let database = fixture.database
        try await database.write { try $0.insert("a") }
        for _ in 0..<100 {
            try await database.write { transaction in
                for _ in 0..<5 {
                    try transaction.execute("INSERT INTO marks (counter, data) VALUES ('a', zeroblob(3500))")
                }
            }
        }
        #expect(database.statistics.checkpoints >= 10)
        var status = stat()
        try #require(stat(fixture.path + "-wal", &status) == 0)
        // Over 500 pages were written; the log never held many more than the threshold.
        #expect(status.st_size < 60 * 4_200)
        #expect(database.statistics.walPages < 60)
        await database.close()
    }

    @Test func durabilityIsNotLeftToTheLibrarysDefaults() async throws {
        let fixture = try await Fixture()
        let settings = try await fixture.database.write { transaction in
            try
                (["PRAGMA synchronous", "PRAGMA foreign_keys", "PRAGMA trusted_schema", "PRAGMA wal_autocheckpoint"]
                as [SQL]).map { try transaction.first($0) { try $0.int64(0) } }
        }
        #expect(settings == [2, 1, 0, 0])
        let mode = try await fixture.database.write { try $0.first("PRAGMA journal_mode") { try $0.string(0) } }
        #expect(mode == "wal")
        await fixture.database.close()
    }

    @Test func damageIsFound() async throws {
        let fixture = try await Fixture()
        try await fixture.database.write { transaction in
            try transaction.insert("a")
            for _ in 0..<50 {
                try transaction.execute("INSERT INTO marks (counter, data) VALUES ('a', randomblob(2000))")
            }
        }
        await fixture.database.close()
        try overwrite(fixture.path, from: 8 * 4096, count: 4 * 4096)
        let damaged = try await SQLiteDatabase.open(path: fixture.path, migrations: [.counters])
        let error = await #expect(throws: DatabaseError.self) { try await damaged.quickCheck() }
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        await damaged.close()
    }

    @Test func aFileThatIsNoDatabaseIsRefused() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(String(repeating: "not a database ", count: 500), to: "test.sqlite")
        let error = await #expect(throws: DatabaseError.self) {
            _ = try await SQLiteDatabase.open(path: path, migrations: [])
        }
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    private func overwrite(_ path: String, from offset: Int, count: Int) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let noise = [UInt8](repeating: 0xa5, count: count)
        try #require(pwrite(descriptor, noise, count, off_t(offset)) == count)
    }
}
