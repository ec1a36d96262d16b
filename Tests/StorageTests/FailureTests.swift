import Foundation
import Storage
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Full and failing disks: nothing is ever acknowledged that is not stored, and the database serves again afterwards.
@Suite struct FailureTests {
    /// One row of more than a page.
    private static let fill: SQL = "INSERT INTO marks (counter, data) VALUES ('a', zeroblob(3000))"
    /// Rows until the file may not grow, in one statement: SQLite gives up all of the statement or the transaction.
    private static let flood: SQL = """
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        INSERT INTO marks (counter, data) SELECT 'a', zeroblob(3000) FROM n
        """

    @Test(arguments: [false, true])
    func aFullDatabaseAnswersUnavailableAndRecovers(atOnce: Bool) async throws {
        let fixture = try await Fixture(options: .oneBatch)
        let database = fixture.database
        try await database.write { try $0.insert("a") }
        try await database.write { _ = try $0.first("PRAGMA max_page_count = 40") { try $0.int64(0) } }

        let gate = Gate()
        let first = await gate.occupy(database)
        let before = try await database.enqueue { try $0.insert("before") }
        let full = try await database.enqueue { transaction in
            if atOnce { try transaction.execute(Self.flood) }
            while true { try transaction.execute(Self.fill) }
        }
        let after = try await database.enqueue { try $0.insert("after") }
        gate.open()
        _ = await first.result
        let results = [await before.result, await full.result, await after.result]
        expectUnavailable(results[1])

        // Whoever was answered with success is there, nobody else: whatever SQLite chose to roll back.
        for (name, result) in [("before", results[0]), ("after", results[2])] {
            let isStored = try await database.lookup { try $0.value(name) } != nil
            #expect(isStored == ((try? result.get()) != nil), "\(name)")
        }
        #expect(try await database.lookup { try $0.exists("SELECT 1 FROM marks") } == false)

        try await database.write { _ = try $0.first("PRAGMA max_page_count = 100000") { try $0.int64(0) } }
        try await database.write { transaction in
            for _ in 0..<100 { try transaction.execute(Self.fill) }
        }
        try await database.quickCheck()
        await database.close()
    }

    @Test func aBodyCannotHideAFullDisk() async throws {
        let fixture = try await Fixture()
        try await fixture.database.write { try $0.insert("a") }
        try await fixture.database.write { _ = try $0.first("PRAGMA max_page_count = 40") { try $0.int64(0) } }
        let result = await Task {
            try await fixture.database.write { transaction in
                try transaction.insert("half")
                while (try? transaction.execute(Self.fill)) != nil {}
            }
        }.result
        expectUnavailable(result)
        #expect(try await fixture.database.lookup { try $0.value("half") } == nil)
        await fixture.database.close()
    }

    @Test(arguments: ["COMMIT", "ROLLBACK"] as [SQL])
    func aBodyThatEndsTheTransactionSpoilsItsBatchOnly(statement: SQL) async throws {
        let fixture = try await Fixture(options: .oneBatch)
        let database = fixture.database
        let gate = Gate()
        let first = await gate.occupy(database)
        let spoiler = try await database.enqueue { transaction in
            _ = try transaction.execute(statement)
            try transaction.insert("late")
        }
        let next = try await database.enqueue { try $0.insert("next") }
        gate.open()
        expectUnavailable(await first.result)
        expectUnavailable(await spoiler.result)
        try await next.value
        #expect(try await database.lookup { try $0.value("late") } == nil)
        #expect(database.statistics.lostWrites == 2)
        await database.close()
    }

    #if os(Linux)
        /// The log's descriptor becomes one whose writes fail, as on a disk that fills up between two commits.
        @Test(arguments: ["/dev/full", "/dev/null"])
        func aFailedCommitIsNeverAcknowledged(device: String) async throws {
            let fixture = try await Fixture(options: .oneBatch)
            let database = fixture.database
            try await database.write { try $0.insert("safe", 1) }
            let gate = Gate()
            let first = await gate.occupy(database)
            let lost = (0..<5).map { n in Task { try await database.write { try $0.insert("lost\(n)") } } }
            try await database.waitForQueue(5)
            // /dev/null is opened for reading only: EBADF, an I/O error; /dev/full: ENOSPC.
            let replaced = try replaceDescriptors(
                of: fixture.path + "-wal", with: device, flags: device == "/dev/full" ? O_RDWR : O_RDONLY)
            #expect(replaced == 1)
            gate.open()
            expectUnavailable(await first.result)
            for task in lost { expectUnavailable(await task.result) }
            #expect(database.statistics.lostWrites == 6)
            #expect(database.statistics.commits == 1)

            // Opened anew, it goes on.
            try await database.write { try $0.insert("later", 2) }
            #expect(database.statistics.reopens == 1)
            let names = try await database.read {
                try $0.all("SELECT name FROM counters ORDER BY name") { try $0.string(0) }
            }
            #expect(names == ["later", "safe"])
            try await database.quickCheck()
            await database.close()
        }

        private func replaceDescriptors(of path: String, with device: String, flags: Int32) throws -> Int {
            let source = Glibc.open(device, flags | O_CLOEXEC)
            try #require(source >= 0)
            defer { close(source) }
            var replaced = 0
            // All that are open: other tests in this process hold thousands.
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
            for descriptor in open {
                var target = [CChar](repeating: 0, count: 4096)
                let length = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
                guard length > 0 else { continue }
                let name = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
                guard name == path else { continue }
                try #require(dup2(source, descriptor) == descriptor)
                replaced += 1
            }
            return replaced
        }
    #endif

    private func expectUnavailable<T>(
        _ result: Result<T, any Error>, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard case .failure(DatabaseError.unavailable) = result else {
            Issue.record("expected unavailable, got \(result)", sourceLocation: sourceLocation)
            return
        }
    }
}
