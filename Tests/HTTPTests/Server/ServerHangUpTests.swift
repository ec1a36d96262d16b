import Foundation
import HTTP
import Sockets
import TestSupport
import Testing

@Suite("Server: clients that go away", .serialized, .timeLimit(.minutes(1)))
struct ServerHangUpTests {
    private static let get = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Waits for ever, unless it is cancelled.
    @Sendable private static func slow(_ request: Request) async throws -> Response {
        await request.context.loop?.sleep(for: .seconds(600))
        return .text("too late")
    }

    private static func expectGivenUp(_ running: RunningServer) async throws {
        try await waitUntil("the exchange is over") { running.log.all.count == 1 }
        #expect(running.log.all[0].status == 499)
        #expect(running.log.all[0].reason == "client_gone")
        try await waitUntil("closed") { running.server.activeConnections == 0 }
    }

    @Test("a reset cancels the handler at once", arguments: Readiness.available)
    func reset(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.halfCloseGrace = .seconds(600)
        try await withServer(readiness, configuration, handler: Self.slow) { running in
            let client = try running.connect()
            try client.send(Self.get)
            try await waitUntil("it runs") { running.server.activeRequests == 1 }
            client.reset()
            try await Self.expectGivenUp(running)
        }
    }

    @Test("a FIN cancels it after the grace, whenever it came", arguments: Readiness.available, [true, false])
    func fin(_ readiness: Readiness, atOnce: Bool) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.halfCloseGrace = .milliseconds(50)
        try await withServer(readiness, configuration, handler: Self.slow) { running in
            let client = try running.connect()
            try client.send(Self.get)
            if !atOnce { try await waitUntil("it runs") { running.server.activeRequests == 1 } }
            client.shutdownWrite()
            try await Self.expectGivenUp(running)
        }
    }

    @Test("a client that half-closes and reads slowly gets all of its answer", arguments: Readiness.available)
    func slowReader(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.halfCloseGrace = .milliseconds(100)
        let size = 30_000_000
        let handler: Handler = { _ in Response(body: .bytes([UInt8](repeating: 1, count: size))) }
        try await withServer(readiness, configuration, handler: handler) { running in
            let client = try running.connect()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            // The grace is one for the handler: the answer has begun.
            let start = try client.read(until: "\r\n\r\n")
            client.shutdownWrite()
            let begun = ContinuousClock.now
            try await waitUntil("the grace is long over") { ContinuousClock.now - begun > .milliseconds(1_000) }
            #expect(try start.utf8.count + client.readToEnd().count > size)
            try await waitUntil("the exchange is over") { running.log.all.count == 1 }
            #expect(running.log.all[0].status == 200 && !running.log.all[0].isTruncated)
        }
    }

    @Test("a stream without events ends when its reader has gone", arguments: Readiness.available)
    func silentStream(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.halfCloseGrace = .milliseconds(50)
        let handler: Handler = { request in
            .eventStream(heartbeat: nil) { _ in await request.context.loop?.sleep(for: .seconds(600)) }
        }
        try await withServer(readiness, configuration, handler: handler) { running in
            let client = try running.connect()
            try client.send(Self.get)
            _ = try client.read(until: "\r\n\r\n")
            client.close()
            try await waitUntil("the exchange is over") { running.log.all.count == 1 }
            #expect(running.log.all[0].status == 200 && running.log.all[0].isTruncated)
            #expect(running.log.all[0].reason == "client_gone")
        }
    }

    @Test("what runs when the server is cut off is cancelled", arguments: Readiness.available)
    func cutOff(_ readiness: Readiness) async throws {
        let cancelled = Locked(false)
        let handler: Handler = { request in
            await request.context.loop?.sleep(for: .seconds(600))
            cancelled.withLock { $0 = Task.isCancelled }
            return .text("too late")
        }
        try await withServer(readiness, handler: handler) { running in
            let client = try running.connect()
            try client.send(Self.get)
            try await waitUntil("it runs") { running.server.activeRequests == 1 }
            await running.server.shutdown(grace: .milliseconds(50))
            try await waitUntil("it was cancelled") { cancelled.withLock { $0 } }
        }
    }

    @Test("a reader that takes a little now and then is cut off", arguments: Readiness.available)
    func slowTaker(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.writeTimeout = .milliseconds(300)
        // More than anybody takes: what is restored is nothing to speak of.
        configuration.writeMinimumRate = 1 << 40
        let handler: Handler = { _ in Response(body: .bytes([UInt8](repeating: 1, count: 100_000_000))) }
        try await withServer(readiness, configuration, handler: handler) { running in
            try await onThread {
                let client = try running.connect()
                try client.send(Self.get)
                // Each piece would have renewed the whole time; all of them take a hundred times as long.
                while running.log.all.isEmpty {
                    _ = try? client.read(upTo: 16 << 10)
                    usleep(5000)
                }
            }
            #expect(running.log.all[0].isTruncated)
        }
    }
}
