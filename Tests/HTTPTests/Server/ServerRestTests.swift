import HTTP
import Sockets
import TestSupport
import Testing

/// Connections that have rested for so long that they gave up their Task.
@Suite("Server: resting connections", .serialized, .timeLimit(.minutes(1)))
struct ServerRestTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Runs `body` with a client whose connection has answered one request and rests since.
    private func withRestingClient(
        _ readiness: Readiness, idleTimeout: Duration = .seconds(60),
        _ body: (RunningServer, RawClient) async throws -> Void
    ) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.taskRetention = .milliseconds(1)
        configuration.idleTimeout = idleTimeout
        let handler: Handler = { _ in .text("here") }
        try await withServer(readiness, configuration, handler: handler) { running in
            let client = try running.connect()
            try client.send(Self.get)
            let answer = try client.readAnswer()
            #expect(answer.answerBody == "here")
            try await waitUntil("it has no Task") { running.server.restingConnections == 1 }
            try await body(running, client)
        }
    }

    @Test("answers the next request, and rests again", arguments: Readiness.available)
    func goesOn(_ readiness: Readiness) async throws {
        try await withRestingClient(readiness) { running, client in
            for _ in 0..<5 {
                try client.send(Self.get)
                let answer = try client.readAnswer()
                #expect(answer.answerBody == "here")
                try await waitUntil("it rests") { running.server.restingConnections == 1 }
            }
            #expect(running.server.acceptedConnections == 1)
        }
    }

    @Test("a head that comes in pieces is still answered", arguments: Readiness.available)
    func pieces(_ readiness: Readiness) async throws {
        try await withRestingClient(readiness) { running, client in
            try client.send("GET / HT")
            try await waitUntil("it is awake") { running.server.restingConnections == 0 }
            try client.send("TP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.readAnswer()
            #expect(answer.answerBody == "here")
        }
    }

    @Test("is closed at its idle timeout", arguments: Readiness.available)
    func timesOut(_ readiness: Readiness) async throws {
        try await withRestingClient(readiness, idleTimeout: .seconds(2)) { running, client in
            let answer = try client.readToEnd()
            #expect(answer.isEmpty)
            try await waitUntil("it is gone") { running.server.activeConnections == 0 }
            #expect(running.server.restingConnections == 0)
        }
    }

    @Test("ends with its peer", arguments: Readiness.available, [true, false])
    func peerEnds(_ readiness: Readiness, byReset: Bool) async throws {
        try await withRestingClient(readiness) { running, client in
            if byReset { client.reset() } else { client.close() }
            try await waitUntil("it is gone") { running.server.activeConnections == 0 }
            #expect(running.server.restingConnections == 0)
        }
    }

    @Test("ends with its server", arguments: Readiness.available)
    func serverEnds(_ readiness: Readiness) async throws {
        try await withRestingClient(readiness) { running, client in
            await running.server.shutdown(grace: .seconds(10))
            let answer = try client.readToEnd()
            #expect(answer.isEmpty)
            #expect(running.server.activeConnections == 0)
        }
    }
}
