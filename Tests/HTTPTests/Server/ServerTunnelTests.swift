import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

@Suite("Server: tunnels", .serialized, .timeLimit(.minutes(1)))
struct ServerTunnelTests {
    private static let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    @Sendable private static func echo(_ request: Request) async throws -> Response {
        .webSocket(fields: [.init("Sec-WebSocket-Accept")!: "x"]) { client in
            while let bytes = try await client.read() { try await client.write(bytes) }
        }
    }

    @Test("bytes go both ways behind a 101, and one line is written at the end", arguments: Readiness.available)
    func echoes(_ readiness: Readiness) async throws {
        try await withServer(readiness, handler: Self.echo) { running in
            let client = try running.connect()
            try client.send(Self.upgrade + "early")
            let text = try client.read(until: "early")
            #expect(text.statusLine == "HTTP/1.1 101 Switching Protocols")
            #expect(text.field("Upgrade") == "websocket")
            #expect(text.field("Connection") == "Upgrade")
            #expect(text.field("Sec-WebSocket-Accept") == "x")
            #expect(text.field("Content-Length") == nil && text.field("Transfer-Encoding") == nil)
            try client.send("more")
            #expect(try client.read(until: "more") == "more")
            #expect(running.log.all.isEmpty)
            client.shutdownWrite()
            #expect(try client.read().isEmpty)
            try await waitUntil("it is over") { running.log.all.count == 1 }
            let exchange = running.log.all[0]
            #expect(exchange.status == 101 && exchange.received == 9 && exchange.sent == 9 && !exchange.isTruncated)
        }
    }

    @Test(
        "a 101 that nobody asked for is 500",
        arguments: [
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
        ])
    func unasked(_ request: String) async throws {
        try await withServer(handler: Self.echo) { running in
            let answer = try running.exchange(request)
            #expect(answer.statusLine == "HTTP/1.1 500 Internal Server Error")
        }
    }

    @Test("a shutdown ends a quiet tunnel with a FIN, long before the grace is over", arguments: Readiness.available)
    func drains(_ readiness: Readiness) async throws {
        try await withServer(readiness, handler: Self.echo) { running in
            let client = try running.connect()
            try client.send(Self.upgrade + "x")
            _ = try client.read(until: "\r\n\r\nx")
            let ended = Task.detached { await running.server.shutdown(grace: .seconds(600)) }
            #expect(try client.read().isEmpty)
            client.close()
            await ended.value
            #expect(running.server.activeConnections == 0)
        }
    }

    @Test("a busy tunnel is ended when a quarter of the grace is left", arguments: Readiness.available)
    func drainsLate(_ readiness: Readiness) async throws {
        let handler: Handler = { _ in
            .webSocket { client in
                while true {
                    try await client.write([1])
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
        }
        try await withServer(readiness, handler: handler) { running in
            let client = try running.connect()
            try client.send(Self.upgrade)
            _ = try client.read(until: "\r\n\r\n")
            let ended = Task.detached { await running.server.shutdown(grace: .seconds(2)) }
            let rest = try client.readToEnd()
            #expect(!rest.isEmpty)
            await ended.value
            #expect(running.server.activeConnections == 0)
        }
    }
}
