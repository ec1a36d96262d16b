import Storage
import TestSupport
import Testing

/// Money moves between accounts while everybody looks.
@Suite struct ConcurrencyTests {
    private static let accounts = 8
    private static let total: Int64 = 8_000

    private static func fixture() async throws -> Fixture {
        let fixture = try await Fixture()
        try await fixture.database.write { transaction in
            for n in 0..<accounts { try transaction.insert("\(n)", total / Int64(accounts)) }
        }
        return fixture
    }

    private static func sum(_ reader: any Reader) throws -> Int64? {
        let all = try reader.all("SELECT value FROM counters") { try $0.int64(0) }
        let again = try reader.first("SELECT sum(value) FROM counters") { try $0.int64(0) }
        #expect(all.reduce(0, +) == again, "two statements of one snapshot differ")
        #expect(all.allSatisfy { $0 >= 0 })
        return again
    }

    /// Moves money at random; a payer without enough is refused by the constraint after the payee was credited.
    private static func pay(_ database: SQLiteDatabase, _ seed: UInt64, _ count: Int) async throws -> Int {
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<count {
            let payer = Int.random(in: 0..<accounts, using: &generator)
            let payee = (payer + Int.random(in: 1..<accounts, using: &generator)) % accounts
            let amount = Int64.random(in: 1...900, using: &generator)
            do {
                try await database.write { transaction in
                    try transaction.add(amount, to: "\(payee)")
                    try transaction.add(-amount, to: "\(payer)")
                }
            } catch let error as DatabaseError where error.isConstraint(.check) {
                refused += 1
            }
        }
        return refused
    }

    @Test func everyReadSumsToTheTotal() async throws {
        let fixture = try await Self.fixture()
        let database = fixture.database
        let seed = SeededGenerator.announced().seed
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Void.self) { readers in
            for _ in 0..<3 {
                readers.addTask {
                    repeat {
                        #expect(try await database.read(Self.sum) == Self.total)
                        let value = try await database.lookup { try $0.value("3") }
                        #expect((value ?? -1) >= 0)
                    } while !isDone.isSet
                }
            }
            let refused = try await withThrowingTaskGroup(of: Int.self) { payers in
                for payer in 0..<16 {
                    payers.addTask { try await Self.pay(database, seed &+ UInt64(payer), 60) }
                }
                return try await payers.reduce(0, +)
            }
            isDone.set()
            try await readers.waitForAll()
            #expect(refused > 0)
            #expect(database.statistics.refusedWrites == refused)
        }
        #expect(try await database.read(Self.sum) == Self.total)
        let statistics = database.statistics
        #expect(statistics.writes == 16 * 60 + 1)
        #expect(statistics.commits < statistics.writes, "no two requests ever shared a commit")
        #expect(statistics.reads > 0 && statistics.lookups > 0)
        await database.close()
    }

    @Test func aBackupUnderWritesIsASnapshotAndRestores() async throws {
        let fixture = try await Self.fixture()
        let database = fixture.database
        let copy = fixture.directory.file("copy.sqlite")
        let seed = SeededGenerator.announced().seed
        async let paying = Self.pay(database, seed, 200)
        try await database.backup(to: copy)
        _ = try await paying
        let taken = await #expect(throws: DatabaseError.self) { try await database.backup(to: copy) }
        guard case .unavailable = taken else {
            Issue.record("an existing file was overwritten: \(String(describing: taken))")
            return
        }
        try await database.write { try $0.insert("after the backup") }
        await database.close()

        // The drill: the copy serves like the original, with what was committed before it was made.
        let restored = try await SQLiteDatabase.open(path: copy, migrations: [.counters])
        try await restored.quickCheck()
        #expect(try await restored.read(Self.sum) == Self.total)
        #expect(try await restored.lookup { try $0.value("after the backup") } == nil)
        try await restored.write { try $0.insert("after the restore") }
        await restored.close()
    }

    @Test func aFailedBackupLeavesNothingBehind() async throws {
        let fixture = try await Self.fixture()
        let error = await #expect(throws: DatabaseError.self) {
            try await fixture.database.backup(to: "/nowhere/copy.sqlite")
        }
        guard case .unavailable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await fixture.database.write { try $0.insert("still writing") }
        await fixture.database.close()
    }

    @Test func aReadTransactionSeesOneMoment() async throws {
        let fixture = try await Self.fixture()
        let database = fixture.database
        let (began, goOn) = (Flag(), Flag())
        let reading = Task {
            try await database.read { reader in
                let before = try reader.value("0")
                began.set()
                while !goOn.isSet {}
                return (before, try reader.value("0"))
            }
        }
        try await waitUntil("the reader has its snapshot") { began.isSet }
        try await database.write { _ = try $0.add(-1, to: "0") }
        goOn.set()
        let (before, after) = try await reading.value
        #expect(before == 1_000 && after == 1_000)
        #expect(try await database.lookup { try $0.value("0") } == 999)
        await database.close()
    }

    @Test func aFullReadQueueRefusesAtOnce() async throws {
        var options = SQLiteOptions()
        options.readerThreads = 1
        options.readQueueLimit = 2
        let fixture = try await Fixture(options: options)
        let database = fixture.database
        let (began, goOn) = (Flag(), Flag())
        let blocking = Task {
            try await database.read { _ in
                began.set()
                while !goOn.isSet {}
            }
        }
        try await waitUntil("the reader's thread is taken") { began.isSet }
        let queued = (0..<2).map { _ in Task { try await database.read { try $0.value("a") } } }
        try await waitUntil("two are queued") { database.statistics.queuedReads == 2 }
        await #expect(throws: DatabaseError.overloaded) { try await database.read { try $0.value("a") } }
        goOn.set()
        try await blocking.value
        for task in queued { #expect(try await task.value == nil) }
        await database.close()
    }
}
