import Dispatch
import Sockets
import TestSupport
import Testing

@Suite("Blocking pool", .timeLimit(.minutes(1)))
struct BlockingPoolTests {
    @Test("results and errors come back")
    func answers() async throws {
        let pool = BlockingPool(name: "test", width: 2, queueLimit: 10)
        #expect(try await pool.run { 42 } == 42)
        await #expect(throws: CancellationError.self) { try await pool.run { throw CancellationError() } }
    }

    @Test("at most width pieces run, at most the limit wait, more are refused")
    func bounds() async throws {
        let pool = BlockingPool(name: "test", width: 2, queueLimit: 3)
        let gate = DispatchSemaphore(value: 0)
        let outcomes = Shared<[String]>([])
        let tasks = (0..<5).map { _ in
            Task {
                _ = try await pool.run { gate.wait() }
                outcomes.withLock { $0.append("done") }
            }
        }
        try await waitUntil("the pool is full") { pool.load == (2, 3) }
        await #expect(throws: BlockingPoolOverloaded.self) { try await pool.run {} }
        for _ in tasks { gate.signal() }
        for task in tasks { try await task.value }
        #expect(outcomes.withLock { $0.count } == 5)
        try await waitUntil("the pool is empty") { pool.load == (0, 0) }
    }

    @Test("waiting work runs in order")
    func order() async throws {
        let pool = BlockingPool(name: "test", width: 1, queueLimit: 1000)
        let gate = DispatchSemaphore(value: 0)
        let seen = Shared<[Int]>([])
        let first = Task { try await pool.run { gate.wait() } }
        try await waitUntil("the first runs") { pool.load == (1, 0) }
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<200 {
            tasks.append(Task { try await pool.run { seen.withLock { $0.append(number) } } })
            try await waitUntil("number \(number) waits") { pool.load.waiting == number + 1 }
        }
        gate.signal()
        try await first.value
        for task in tasks { try await task.value }
        #expect(seen.withLock { $0 } == Array(0..<200))
    }
}
