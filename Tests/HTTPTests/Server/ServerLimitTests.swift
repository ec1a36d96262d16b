import Foundation
import HTTP
import Sockets
import TestSupport
import Testing

@Suite("Server: limits, deadlines, drain", .serialized, .timeLimit(.minutes(1)))
struct ServerLimitTests {
    private static let get = "GET /fixed HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(
        "what cannot be served is refused with its status, and the connection closed",
        arguments: [
            ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: 1\r\n", count: 101))\r\n", 431),
            ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", 417),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ])
    func refuses(_ request: String, _ status: Int) async throws {
        try await withServer { running in
            let answer = try running.exchange(request + Self.get)
            #expect(answer.statusLine.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.field("Connection") == "close")
            #expect(answer.field("Content-Type") == "application/problem+json")
            #expect(answer.components(of: "X-Request-Id: ") == 1)
        }
    }

    @Test("a head that trickles in is 408 at its deadline", arguments: Readiness.available)
    func slowHead(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.headTimeout = .milliseconds(150)
        try await withServer(readiness, configuration) { running in
            // Each byte restarts nothing: the deadline is the head's, not the byte's. The last bytes are sent after it.
            let answer = try await onThread {
                let client = try running.connect()
                for byte in "GET /fixed HTTP/1.1\r\nX: ".utf8 + [UInt8](repeating: 0x61, count: 40) {
                    try client.send([byte])
                    usleep(8000)
                }
                return try client.readTextToEnd()
            }
            #expect(answer.statusLine == "HTTP/1.1 408 Request Timeout")
        }
    }

    @Test("a body that trickles in is 408 once it falls behind its rate", arguments: Readiness.available)
    func slowBody(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyGrace = .milliseconds(100)
        configuration.bodyMinimumRate = 10_000
        try await withServer(readiness, configuration) { running in
            let client = try running.connect()
            try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
            let answer = try client.readTextToEnd()
            #expect(answer.statusLine == "HTTP/1.1 408 Request Timeout")
        }
    }

    @Test("a handler's own time does not count against the body", arguments: Readiness.available)
    func slowHandler(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyGrace = .milliseconds(100)
        let handler: Handler = { request in
            await request.context.loop?.sleep(for: .milliseconds(300))
            return .text("\(try await request.body.collect().count)")
        }
        try await withServer(readiness, configuration, handler: handler) { running in
            let client = try running.connect()
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc")
            try client.send("de")
            #expect(try client.readAnswer().answerBody == "5")
        }
    }

    @Test("an idle connection is closed without a word", arguments: Readiness.available)
    func idle(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.idleTimeout = .milliseconds(100)
        try await withServer(readiness, configuration) { running in
            let fresh = try running.connect()
            #expect(try fresh.readToEnd().isEmpty)
            let used = try running.connect()
            try used.send(Self.get)
            _ = try used.readAnswer()
            #expect(try used.readToEnd().isEmpty)
        }
    }

    @Test("an old connection ends with its next answer", arguments: Readiness.available)
    func lifetime(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.connectionLifetime = .zero
        try await withServer(readiness, configuration) { running in
            let text = try running.exchange(Self.get + Self.get)
            #expect(text.components(of: "HTTP/1.1 200 OK\r\n") == 1)
            #expect(text.field("Connection") == "close")
        }
    }

    @Test("a peer that takes nothing is cut off", arguments: Readiness.available)
    func writeStall(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.writeTimeout = .milliseconds(100)
        let handler: Handler = { _ in Response(body: .bytes([UInt8](repeating: 1, count: 50_000_000))) }
        try await withServer(readiness, configuration, handler: handler) { running in
            let client = try running.connect()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await waitUntil("the exchange is over") { running.log.all.count == 1 }
            #expect(running.log.all[0].isTruncated)
            try await waitUntil("closed") { running.server.activeConnections == 0 }
            client.close()
        }
    }

    @Test("connections over the cap get 503", arguments: Readiness.available)
    func cap(_ readiness: Readiness) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.maximumConnections = 2
        try await withServer(readiness, configuration) { running in
            let clients = [try running.connect(), try running.connect()]
            for client in clients {
                try client.send(Self.get)
                _ = try client.readAnswer()
            }
            let refused = try running.connect().readTextToEnd()
            #expect(refused.statusLine == "HTTP/1.1 503 Service Unavailable")
            #expect(refused.field("Retry-After") != nil)
            #expect(running.server.refusedConnections == 1)
            clients[0].close()
            try await waitUntil("there is room") { running.server.activeConnections == 1 }
            #expect(try running.exchange(Self.get + "GET /fixed HTTP/1.0\r\n\r\n").contains("fixed"))
        }
    }

    @Test(
        "draining says close, serves what comes, and shutting down waits for what runs", arguments: Readiness.available)
    func drains(_ readiness: Readiness) async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let handler: Handler = { request in
            if request.path == "/slow" { for await _ in gate { break } }
            return .text("done")
        }
        try await withServer(readiness, handler: handler) { running in
            let kept = try running.connect()
            try kept.send(Self.get)
            #expect(try kept.readAnswer().field("Connection") == nil)
            let busy = try running.connect()
            try busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            try await waitUntil("the slow one runs") { running.server.activeRequests == 1 }
            let idle = try running.connect()
            try idle.send(Self.get)
            _ = try idle.readAnswer()

            running.server.beginDrain()
            try kept.send(Self.get)
            #expect(try kept.readTextToEnd().field("Connection") == "close")
            let late = try running.exchange(Self.get)
            #expect(late.field("Connection") == "close")

            async let ended: Void = running.server.shutdown(grace: .seconds(20))
            try await waitUntil("idle ones are closed") { running.server.activeConnections == 1 }
            #expect(try idle.readToEnd().isEmpty)
            opener.yield()
            try await waitUntil("all are closed") { running.server.activeConnections == 0 }
            let answer = try busy.readTextToEnd()
            #expect(answer.field("Connection") == "close")
            #expect(answer.answerBody == "done")
            await ended
            #expect(running.server.activeConnections == 0)
            #expect(throws: (any Error).self) { try running.connect() }
        }
    }

    @Test("after the grace what runs is cut off", arguments: Readiness.available)
    func cutsOff(_ readiness: Readiness) async throws {
        let handler: Handler = { request in
            await request.context.loop?.sleep(for: .seconds(600))
            return .text("too late")
        }
        try await withServer(readiness, handler: handler) { running in
            let client = try running.connect()
            try client.send(Self.get)
            try await waitUntil("it runs") { running.server.activeRequests == 1 }
            await running.server.shutdown(grace: .milliseconds(50))
            #expect(try client.readToEnd().isEmpty)
        }
    }
}
