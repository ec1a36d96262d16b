import Sockets
import TestSupport
import Testing

@Suite("Sockets", .serialized, .timeLimit(.minutes(1)))
struct SocketTests {
    @Test("what is written comes back, whatever its size", arguments: Readiness.available)
    func echoes(_ readiness: Readiness) async throws {
        var random = SeededGenerator.announced()
        let messages = [1, 2, 100, 4095, 4096, 4097, 70_000, 1_500_000].map { random.bytes($0) }
        try await withGroup(readiness) { group in
            let listener = try await startServer(on: group.loops[0], echo)
            let loop = group.loops[1]
            try await loop.run {
                let socket = try await Socket.connect(to: listener.address, on: loop)
                for message in messages {
                    // A task of its own reads, because two full socket buffers facing each other would wait for ever.
                    let reader = Task(executorPreference: loop) { try await read(message.count, from: socket) }
                    socket.output.append(message)
                    #expect(await socket.flush() == .ready)
                    #expect(try await reader.value == message)
                }
                #expect(socket.bytesSent == messages.map(\.count).reduce(0, +))
                #expect(socket.bytesReceived == socket.bytesSent)
                socket.close()
            }
        }
    }

    @Test("a long body follows the buffered head without being copied", arguments: Readiness.available)
    func gathersHeadAndBody(_ readiness: Readiness) async throws {
        var random = SeededGenerator.announced()
        let body = random.bytes(3_000_000)
        try await withGroup(readiness) { group in
            let listener = try await startServer(on: group.loops[0]) { socket in
                socket.output.append("head")
                _ = await socket.flush(followedBy: body)
            }
            let loop = group.loops[1]
            try await loop.run {
                let socket = try await Socket.connect(to: listener.address, on: loop)
                #expect(try await read(4, from: socket) == Array("head".utf8))
                #expect(try await read(body.count, from: socket) == body)
                #expect(await socket.fill() == .endOfStream)
                socket.close()
            }
        }
    }

    @Test("after a half-close the other direction goes on", arguments: Readiness.available)
    func halfCloses(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let listener = try await startServer(on: group.loops[0]) { socket in
                while await socket.fill() == .ready {}
                socket.output.append("got \(socket.input.count)")
                _ = await socket.flush()
            }
            let client = try RawClient(port: listener.address.port)
            try client.send("hello")
            client.shutdownWrite()
            #expect(try client.readTextToEnd() == "got 5")
        }
    }

    @Test("a read gives up at its deadline, and the socket can still answer", arguments: Readiness.available)
    func readDeadline(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let listener = try await startServer(on: group.loops[0]) { socket in
                socket.readDeadline = socket.loop.now + 30
                let result = await socket.fill()
                socket.readDeadline = .max
                socket.output.append("\(result)")
                _ = await socket.flush()
            }
            let client = try RawClient(port: listener.address.port)
            #expect(try client.readTextToEnd() == "timedOut")
        }
    }

    @Test("a write gives up when the peer reads nothing", arguments: Readiness.available)
    func writeDeadline(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let (results, sink) = AsyncStream.makeStream(of: IOResult.self)
            let listener = try await startServer(on: group.loops[0]) { socket in
                socket.writeDeadline = socket.loop.now + 100
                socket.output.append([UInt8](repeating: 7, count: 50_000_000))
                sink.yield(await socket.flush())
            }
            let client = try RawClient(port: listener.address.port)
            #expect(await results.first { _ in true } == .timedOut)
            client.close()
        }
    }

    @Test("the total deadline ends reads too, even while bytes keep coming", arguments: Readiness.available)
    func totalDeadline(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let (results, sink) = AsyncStream.makeStream(of: IOResult.self)
            let listener = try await startServer(on: group.loops[0]) { socket in
                socket.totalDeadline = socket.loop.now + 100
                var result = IOResult.ready
                while result == .ready {
                    result = await socket.fill()
                    socket.input.removeAll()
                }
                sink.yield(result)
            }
            let port = listener.address.port
            let flood = Task.detached {
                let client = try RawClient(port: port)
                while true { try client.send([UInt8](repeating: 1, count: 10_000)) }
            }
            #expect(await results.first { _ in true } == .timedOut)
            await #expect(throws: (any Error).self) { try await flood.value }
        }
    }

    @Test("closing wakes the waiting reader", arguments: Readiness.available)
    func closeWakes(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let (results, sink) = AsyncStream.makeStream(of: IOResult.self)
            let (sockets, opened) = AsyncStream.makeStream(of: Socket.self)
            let listener = try await startServer(on: group.loops[0]) { socket in
                opened.yield(socket)
                sink.yield(await socket.fill())
            }
            let client = try RawClient(port: listener.address.port)
            await sockets.first { _ in true }?.interrupt()
            #expect(await results.first { _ in true } == .closed)
            #expect(try client.readToEnd().isEmpty)
        }
    }

    @Test("a reset peer ends reading, also when it comes together with bytes", arguments: Readiness.available)
    func peerResets(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let (results, sink) = AsyncStream.makeStream(of: IOResult.self)
            let listener = try await startServer(on: group.loops[0]) { socket in
                _ = await socket.fill()
                sink.yield(await socket.fill())
            }
            var ends = results.makeAsyncIterator()
            // Whether the reset is seen with the bytes, before or after them is chance: many rounds meet each.
            for _ in 0..<50 {
                let client = try RawClient(port: listener.address.port)
                try client.send("x")
                client.reset()
                let result = await ends.next()
                #expect(result == .closed || result == .endOfStream)
            }
        }
    }

    @Test("a lingering close lets the peer read the answer to a body that was not read", arguments: Readiness.available)
    func lingers(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let listener = try await startServer(on: group.loops[0]) { socket in
                _ = await socket.fill()
                socket.output.append("too large")
                _ = await socket.flush()
                await socket.closeLingering()
            }
            let client = try RawClient(port: listener.address.port)
            try client.send([UInt8](repeating: 0, count: 400_000))
            #expect(try client.readTextToEnd() == "too large")
        }
    }

    @Test("an idle socket holds no buffer", arguments: Readiness.available)
    func idleHoldsNoBuffer(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let (capacities, sink) = AsyncStream.makeStream(of: [Int].self)
            let listener = try await startServer(on: group.loops[0]) { socket in
                _ = await socket.fill()
                socket.output.append(socket.input.readable)
                let busy = socket.input.capacity
                socket.input.removeAll()
                _ = await socket.flush()
                socket.releaseBuffers()
                sink.yield([busy, socket.input.capacity, socket.output.capacity])
                _ = await socket.fill()
            }
            let client = try RawClient(port: listener.address.port)
            try client.send("x")
            #expect(await capacities.first { _ in true } == [BufferPool.blockSize, 0, 0])
        }
    }
}
