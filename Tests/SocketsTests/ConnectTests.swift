import Sockets
import TestSupport
import Testing

@Suite("Connecting and listening", .serialized, .timeLimit(.minutes(1)))
struct ConnectTests {
    @Test("a refused connection says so", arguments: Readiness.available)
    func refused(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let listener = try await startServer(on: group.loops[0], echo)
            await group.loops[0].run { listener.close() }
            let address = listener.address
            // Dispatch sources close their descriptor a moment later.
            try await waitUntil("the port is free") { (try? Listener.probe(address)) != nil }
            await #expect(throws: SocketError.connectionRefused(address)) {
                try await Socket.connect(to: address, on: group.loops[1])
            }
        }
    }

    @Test("a peer that never answers costs the timeout, not more", arguments: Readiness.available)
    func timesOut(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            // A listener whose backlog is full drops the handshake: the attempt hangs, as with a dead host.
            let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
            let loop = group.loops[0]
            let listener = try await loop.run { try Listener(address, on: loop, backlog: 0) }
            var fillers: [Socket] = []
            var failure: SocketError?
            for _ in 0..<8 where failure == nil {
                do throws(SocketError) {
                    fillers.append(
                        try await Socket.connect(
                            to: listener.address, on: group.loops[1], timeout: .milliseconds(150)))
                } catch {
                    failure = error
                }
            }
            #expect(failure == .connectTimeout(listener.address))
            for socket in fillers { socket.interrupt() }
        }
    }

    @Test("addresses are tried in turn until one answers", arguments: Readiness.available)
    func triesInTurn(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let loop = group.loops[0]
            let dead = try await startServer(on: loop, echo)
            let alive = try await startServer(on: loop, echo)
            await loop.run { dead.close() }
            let socket = try await Socket.connect(to: [dead.address, alive.address], on: group.loops[1])
            #expect(socket.peer == alive.address)
            socket.interrupt()
            await #expect(throws: SocketError.noAddress) { try await Socket.connect(to: [], on: loop) }
        }
    }

    @Test("IPv6 works like IPv4", arguments: Readiness.available)
    func version6(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let listener = try await startServer(on: group.loops[0], address: "::1", echo)
            let loop = group.loops[1]
            try await loop.run {
                let socket = try await Socket.connect(to: listener.address, on: loop)
                socket.output.append("six")
                try await socket.flush().check()
                #expect(try await read(3, from: socket) == Array("six".utf8))
                socket.close()
            }
        }
    }

    @Test("an address that is taken is refused, shared or not", arguments: Readiness.available)
    func addressInUse(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let loop = group.loops[0]
            let wanted = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
            for sharesPort in [false, true] {
                let listener = try await loop.run { try Listener(wanted, on: loop, sharesPort: sharesPort) }
                let taken = listener.address
                #expect(throws: SocketError.addressInUse(taken)) { try Listener.probe(taken) }
                await loop.run { listener.close() }
            }
        }
    }

    @Test("a port that is free again after a close passes the probe", arguments: Readiness.available)
    func probeAfterClose(_ readiness: Readiness) async throws {
        try await withGroup(readiness) { group in
            let loop = group.loops[0]
            let listener = try await startServer(on: loop, echo)
            let client = try RawClient(port: listener.address.port)
            try client.send("x")
            #expect(try client.read() == Array("x".utf8))
            await loop.run { listener.close() }
            let address = listener.address
            try await waitUntil("the port is free") { (try? Listener.probe(address)) != nil }
        }
    }

    @Test("loops that share a port all get connections")
    func sharesPort() async throws {
        try await withGroup(.preferred) { group in
            let (served, sink) = AsyncStream.makeStream(of: Int.self)
            var address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
            for loop in group.loops {
                let wanted = address
                let listener = try await loop.run { try Listener(wanted, on: loop, sharesPort: true) }
                address = listener.address
                loop.spawn {
                    while let connection = try? await listener.accept() {
                        connection.refuse()
                        sink.yield(loop.index)
                    }
                }
            }
            var seen: Set<Int> = []
            var results = served.makeAsyncIterator()
            // The system hashes the peer's port: 64 tries on one loop alone have a chance of 2^-63.
            for _ in 0..<64 where seen.count < 2 {
                _ = try RawClient(port: address.port)
                if let index = await results.next() { seen.insert(index) }
            }
            #expect(seen == [0, 1])
        }
    }
}
