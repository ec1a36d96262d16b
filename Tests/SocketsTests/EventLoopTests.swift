import Dispatch
import Sockets
import TestSupport
import Testing

@Suite("Event loop", .serialized, .timeLimit(.minutes(1)))
struct EventLoopTests {
    @Test("a task stays on its loop's thread across awaits", arguments: Readiness.available)
    func staysOnLoop(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            for loop in group.loops {
                let isThere = await loop.run {
                    var isThere = loop.isCurrent && EventLoop.current === loop
                    await Task.yield()
                    await loop.sleep(for: .milliseconds(1))
                    isThere = isThere && loop.isCurrent
                    await withCheckedContinuation { continuation in
                        DispatchQueue.global().async { continuation.resume() }
                    }
                    return isThere && loop.isCurrent
                }
                #expect(isThere)
            }
            // Back where the test itself runs.
            #expect(!group.loops.contains { $0.isCurrent })
        }
    }

    @Test("work from many threads all arrives, in order per thread", arguments: Readiness.available)
    func takesRemoteWork(_ readiness: Readiness) async throws {
        try await withGroup(readiness, loops: 1) { group in
            let loop = group.loops[0]
            let seen = Shared<[Int: [Int]]>([:])
            await withTaskGroup { tasks in
                for sender in 0..<8 {
                    tasks.addTask {
                        for number in 0..<500 {
                            loop.execute { seen.withLock { $0[sender, default: []].append(number) } }
                        }
                    }
                }
            }
            try await waitUntil("4000 calls") { seen.withLock { $0.values.map(\.count).reduce(0, +) } == 4000 }
            #expect(seen.withLock { $0.values.allSatisfy { $0 == Array(0..<500) } })
        }
    }

    @Test("timers fire in the order of their due times, cancelled ones not at all", arguments: Readiness.available)
    func timers(_ readiness: Readiness) async throws {
        try await withGroup(readiness, loops: 1) { group in
            let loop = group.loops[0]
            let fired = Shared<[Int]>([])
            await loop.run {
                for delay in [40, 5, 20, 60] {
                    loop.schedule(after: .milliseconds(delay)) { fired.withLock { $0.append(delay) } }
                }
                let token = loop.schedule(after: .milliseconds(10)) { fired.withLock { $0.append(10) } }
                loop.cancel(token)
            }
            try await waitUntil("four timers") { fired.withLock { $0.count } >= 4 }
            #expect(fired.withLock { $0 } == [5, 20, 40, 60])
        }
    }

    @Test("cancelling a task ends its sleep", arguments: Readiness.available)
    func cancelsSleep(_ readiness: Readiness) async throws {
        try await withGroup(readiness, loops: 1) { group in
            let loop = group.loops[0]
            let sleeper = loop.spawn { await loop.sleep(for: .seconds(600)) }
            sleeper.cancel()
            await sleeper.value
        }
    }

    @Test("shutting down ends every wait and every sleep", arguments: Readiness.available)
    func shutsDown(_ readiness: Readiness) async throws {
        let group = try EventLoopGroup(count: 2, readiness: readiness)
        let loop = group.loops[0]
        let listener = try await startServer(on: loop, echo)
        let client = try RawClient(port: listener.address.port)
        try client.send("x")
        #expect(try client.read() == Array("x".utf8))
        let sleeper = loop.spawn { await loop.sleep(for: .seconds(600)) }
        let reader = Task(executorPreference: group.loops[1]) {
            let socket = try await Socket.connect(to: listener.address, on: group.loops[1])
            return await socket.fill()
        }
        try await waitUntil("loops turn") { loop.turnCount > 0 }
        await group.shutdown()
        await sleeper.value
        let result = try? await reader.value
        #expect(result != .ready)
        #expect(try client.readToEnd().isEmpty)
    }

    @Test("a task that outlives its loop still ends", arguments: Readiness.available)
    func outlivesLoop(_ readiness: Readiness) async throws {
        let group = try EventLoopGroup(count: 1, readiness: readiness)
        let (stream, sink) = AsyncStream.makeStream(of: Int.self)
        let task = Task(executorPreference: group.loops[0]) { await stream.first { _ in true } }
        try await waitUntil("the task has begun") { group.loops[0].turnCount > 1 }
        await group.shutdown()
        sink.yield(42)
        #expect(await task.value == 42)
    }

    @Test("an idle loop sleeps")
    func idles() async throws {
        try await withGroup(.preferred, loops: 1) { group in
            let before = group.loops[0].turnCount
            let start = ContinuousClock.now
            try await Task.sleep(for: .milliseconds(500))
            // Four sweeps a second, and a few turns to begin with.
            let elapsed = (ContinuousClock.now - start).milliseconds
            #expect(group.loops[0].turnCount - before <= 10 + Int(elapsed) / 100)
        }
    }
}
