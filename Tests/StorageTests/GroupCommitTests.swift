import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct GroupCommitTests {
    @Test func requestsThatWaitShareOneCommit() async throws {
        let fixture = try await Fixture(options: .oneBatch)
        let database = fixture.database
        try await database.write { try $0.insert("a") }
        let before = database.statistics
        let gate = Gate()
        let first = await gate.occupy(database)
        let others = (0..<100).map { _ in Task { try await database.write { try $0.add(1, to: "a") } } }
        try await database.waitForQueue(100)
        gate.open()
        try await first.value
        for task in others { #expect(try await task.value == 1) }
        let after = database.statistics
        #expect(after.commits - before.commits == 1)
        #expect(after.writes - before.writes == 101)
        #expect(after.largestBatch == 101)
        #expect(after.commitNanoseconds > before.commitNanoseconds)
        #expect(try await database.lookup { try $0.value("a") } == 100)
        await database.close()
    }

    @Test func theObserverLearnsOfWaitsAndBatches() async throws {
        let record = Record()
        var options = SQLiteOptions.oneBatch
        options.observer = record
        let fixture = try await Fixture(options: options)
        let database = fixture.database
        let gate = Gate()
        let first = await gate.occupy(database)
        let others = (0..<8).map { n in
            Task {
                try await database.write { transaction in
                    try transaction.insert("\(n)")
                    if n == 0 { throw Refusal(number: n) }
                }
            }
        }
        try await database.waitForQueue(8)
        gate.open()
        try await first.value
        for task in others { _ = await task.result }
        _ = try await database.read { try $0.value("1") }
        let (waits, batches) = record.seen
        #expect(waits.map(\.queue) == Array(repeating: .write, count: 9) + [.read])
        #expect(waits.allSatisfy { $0.nanoseconds < 600_000_000_000 })
        #expect(batches.map(\.requests) == [9])
        #expect(batches.first?.refused == 1)
        #expect(batches.first?.result == .committed)
        await database.close()
    }

    private final class Record: DatabaseObserver {
        private let waits = Mutex<[(queue: DatabaseQueue, nanoseconds: UInt64)]>([])
        private let batches = Mutex<[BatchReport]>([])

        var seen: (waits: [(queue: DatabaseQueue, nanoseconds: UInt64)], batches: [BatchReport]) {
            (waits.withLock { $0 }, batches.withLock { $0 })
        }

        func started(_ queue: DatabaseQueue, waited nanoseconds: UInt64) {
            waits.withLock { $0.append((queue, nanoseconds)) }
        }

        func ended(_ batch: BatchReport) { batches.withLock { $0.append(batch) } }
    }

    @Test func aBatchIsBounded() async throws {
        var options = SQLiteOptions.oneBatch
        options.batchLimit = 8
        let fixture = try await Fixture(options: options)
        let gate = Gate()
        let first = await gate.occupy(fixture.database)
        let others = (0..<31).map { n in Task { try await fixture.database.write { try $0.insert("\(n)") } } }
        try await fixture.database.waitForQueue(31)
        gate.open()
        try await first.value
        for task in others { try await task.value }
        #expect(fixture.database.statistics.commits == 4)
        #expect(fixture.database.statistics.largestBatch == 8)
        await fixture.database.close()
    }

    @Test func aRefusalUndoesItsOwnChangesOnly() async throws {
        let fixture = try await Fixture(options: .oneBatch)
        let database = fixture.database
        let gate = Gate()
        let first = await gate.occupy(database)
        // The very first write of the batch is refused: it has no savepoint and takes the transaction along.
        let a = try await database.enqueue { transaction in
            try transaction.insert("a")
            throw Refusal(number: 1)
        }
        let b = try await database.enqueue { try $0.insert("b") }
        let c = try await database.enqueue { transaction in
            try transaction.insert("c")
            try transaction.add(5, to: "b")
            throw Refusal(number: 2)
        }
        let d = try await database.enqueue { transaction in
            #expect(try transaction.value("b") == 0)
            try transaction.insert("d")
        }
        let e = try await database.enqueue { _ in throw Refusal(number: 3) }
        gate.open()
        try await first.value
        await #expect(throws: Refusal(number: 1)) { try await a.value }
        try await b.value
        await #expect(throws: Refusal(number: 2)) { try await c.value }
        try await d.value
        await #expect(throws: Refusal(number: 3)) { try await e.value }
        #expect(database.statistics.commits == 1)
        #expect(database.statistics.refusedWrites == 3)
        let names = try await database.read {
            try $0.all("SELECT name FROM counters ORDER BY name") { try $0.string(0) }
        }
        #expect(names == ["b", "d"])
        await database.close()
    }

    @Test func aRefusalIsAnsweredAfterTheCommit() async throws {
        let fixture = try await Fixture(options: .oneBatch)
        let database = fixture.database
        let gate = Gate()
        let first = await gate.occupy(database)
        let refused = try await database.enqueue { _ in throw Refusal(number: 1) }
        let secondGate = Gate()
        let second = Task { await secondGate.occupy(database) }
        try await database.waitForQueue(2)
        gate.open()
        // The refused body has run; the batch is held open by the one behind it.
        let secondTask = await second.value
        let isAnswered = Flag()
        let watcher = Task {
            _ = await refused.result
            isAnswered.set()
        }
        #expect(database.statistics.commits == 0)
        #expect(!isAnswered.isSet)
        secondGate.open()
        await watcher.value
        #expect(database.statistics.commits == 1)
        try await first.value
        try await secondTask.value
        await #expect(throws: Refusal(number: 1)) { try await refused.value }
        await database.close()
    }

    @Test func aBodyMayCatchAConstraintAndGoOn() async throws {
        let fixture = try await Fixture()
        try await fixture.database.write { try $0.insert("a", 1) }
        try await fixture.database.write { transaction in
            do {
                try transaction.add(-2, to: "a")
                Issue.record("went below zero")
            } catch let error as DatabaseError {
                #expect(error.isConstraint(.check))
            }
            try transaction.insert("refused", 1)
        }
        #expect(try await fixture.database.lookup { try $0.value("refused") } == 1)
        await fixture.database.close()
    }

    @Test func aFullQueueRefusesAtOnce() async throws {
        var options = SQLiteOptions()
        options.writeQueueLimit = 4
        let fixture = try await Fixture(options: options)
        let database = fixture.database
        let gate = Gate()
        let first = await gate.occupy(database)
        let queued = (0..<4).map { n in Task { try await database.write { try $0.insert("\(n)") } } }
        try await database.waitForQueue(4)
        await #expect(throws: DatabaseError.overloaded) { try await database.write { try $0.insert("too many") } }
        #expect(database.statistics.overloads == 1)
        gate.open()
        try await first.value
        for task in queued { try await task.value }
        #expect(try await database.lookup { try $0.value("too many") } == nil)
        try await database.write { try $0.insert("again") }
        await database.close()
    }

    /// Random batches against a model: what was answered with success is there, what was refused is not.
    @Test func randomBatchesMatchAModel() async throws {
        var generator = SeededGenerator.announced()
        let fixture = try await Fixture(options: .oneBatch)
        var model: [String: Int64] = [:]
        for _ in 0..<30 {
            let gate = Gate()
            let first = await gate.occupy(fixture.database)
            let steps = (0..<Int.random(in: 1...20, using: &generator)).map { _ in Step(&generator) }
            var tasks: [Task<Void, any Error>] = []
            for step in steps {
                tasks.append(try await fixture.database.enqueue { try step.run($0) })
            }
            gate.open()
            try await first.value
            for (step, task) in zip(steps, tasks) {
                let result = await task.result
                #expect((try? result.get()) != nil || step.mayFail(model))
                if (try? result.get()) != nil { step.apply(&model) }
            }
        }
        let stored = try await fixture.database.read { reader in
            try reader.all("SELECT name, value FROM counters") { (try $0.string(0), try $0.int64(1)) }
        }
        #expect(Dictionary(uniqueKeysWithValues: stored) == model)
        await fixture.database.close()
    }

    private struct Step: Sendable {
        let changes: [(name: String, amount: Int64)]
        let isRefused: Bool

        init(_ generator: inout SeededGenerator) {
            changes = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                ("\(Int.random(in: 0..<6, using: &generator))", Int64.random(in: -20...30, using: &generator))
            }
            isRefused = generator.chance(0.3)
        }

        func run(_ transaction: any Transaction) throws {
            for (name, amount) in changes {
                if try transaction.add(amount, to: name) == 0 { try transaction.insert(name, amount) }
            }
            if isRefused { throw Refusal(number: 0) }
        }

        func apply(_ model: inout [String: Int64]) {
            for (name, amount) in changes { model[name, default: 0] += amount }
        }

        func mayFail(_ model: [String: Int64]) -> Bool {
            var model = model
            for (name, amount) in changes {
                model[name, default: 0] += amount
                if model[name, default: 0] < 0 { return true }
            }
            return isRefused
        }
    }
}
