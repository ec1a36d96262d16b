import HTTP
import Sockets
import TestSupport
import Testing

@Suite("Server: exchanges", .serialized, .timeLimit(.minutes(1)))
struct ServerExchangeTests {
    private static let get = "GET /fixed HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let last = "GET /fixed HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test("a request is answered, and the connection kept", arguments: Readiness.available)
    func keepsAlive(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let client = try running.connect()
            for _ in 0..<3 {
                try client.send(Self.get)
                let answer = try client.readAnswer()
                #expect(answer.statusLine == "HTTP/1.1 200 OK")
                #expect(answer.field("Content-Length") == "5")
                #expect(answer.field("Connection") == nil)
                #expect(answer.answerBody == "fixed")
                let date = try #require(answer.field("Date"))
                #expect(date.wholeMatch(of: /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/) != nil)
            }
            try client.send(Self.last)
            let answer = try client.readTextToEnd()
            #expect(answer.field("Connection") == "close")
            #expect(answer.answerBody == "fixed")
        }
    }

    @Test("a request that comes byte by byte is answered like any other", arguments: Readiness.available)
    func byteByByte(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let client = try running.connect()
            let text = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
            for byte in text.utf8 { try client.send([byte]) }
            #expect(try client.readTextToEnd().answerBody == "hello")
        }
    }

    @Test("pipelined requests are answered in order, bodies between them", arguments: Readiness.available)
    func pipelines(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let posts = (0..<50).map { number in
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\(1000 + number)"
            }
            let chunked = "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            let text = try running.exchange(posts.joined() + chunked + Self.last)
            let bodies = text.split(separator: "HTTP/1.1 200 OK").map { String($0).answerBody }
            #expect(bodies == (0..<50).map { "\(1000 + $0)" } + ["3 0", "fixed"])
        }
    }

    @Test("an early answer does not wait for the handler of the next pipelined request", arguments: Readiness.available)
    func pipelinedAnswersLeave(_ readiness: Readiness) async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let handler: Handler = { request in
            if request.path == "/slow" { for await _ in gate { break } }
            return .text(request.path)
        }
        try await withServer(readiness, handler: handler) { running in
            let client = try running.connect()
            try client.send("GET /fast HTTP/1.1\r\nHost: a\r\n\r\nGET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readAnswer().answerBody == "/fast")
            opener.yield()
            #expect(try client.readAnswer().answerBody == "/slow")
        }
    }

    @Test("HEAD has the fields of GET and no body", arguments: Readiness.available)
    func head(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let text = try running.exchange("HEAD /fixed HTTP/1.1\r\nHost: a\r\n\r\n" + Self.last)
            #expect(text.field("Content-Length") == "5")
            #expect(text.answerBody.hasPrefix("HTTP/1.1 200 OK"))
            let streamed = try running.exchange("HEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(streamed.answerBody.isEmpty)
        }
    }

    @Test("204 has neither body nor length", arguments: Readiness.available)
    func noContent(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let text = try running.exchange("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" + Self.last)
            #expect(text.statusLine == "HTTP/1.1 204 No Content")
            #expect(text.field("Content-Length") == nil)
            #expect(text.answerBody.hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test("HTTP/1.0 closes unless asked to keep", arguments: Readiness.available)
    func version10(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            #expect(try running.exchange("GET /fixed HTTP/1.0\r\n\r\n").field("Connection") == "close")
            let client = try running.connect()
            try client.send("GET /fixed HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try client.readAnswer().field("Connection") == "keep-alive")
            try client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let text = try client.readTextToEnd()
            #expect(text.field("Transfer-Encoding") == nil)
            #expect(text.field("Connection") == "close")
            #expect(text.answerBody == "onetwothree")
        }
    }

    @Test("every answer has a request id: the client's if it is one, else a new one", arguments: Readiness.available)
    func requestID(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let given = try running.exchange(
                "GET /fixed HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc.1-2_3\r\nConnection: close\r\n\r\n")
            #expect(given.field("X-Request-Id") == "abc.1-2_3")
            let bad = try running.exchange(
                "GET /fixed HTTP/1.1\r\nHost: a\r\nX-Request-Id: a b\r\nConnection: close\r\n\r\n")
            #expect(bad.field("X-Request-Id")?.count == 32)
            let unreadable = try running.exchange("nonsense\r\n\r\n")
            #expect(unreadable.field("X-Request-Id")?.count == 32)
            #expect(unreadable.field("X-Request-Id") != bad.field("X-Request-Id"))
        }
    }

    @Test("a problem is rendered, any other error is a 500 that says nothing", arguments: Readiness.available)
    func errors(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let client = try running.connect()
            try client.send("GET /problem HTTP/1.1\r\nHost: a\r\n\r\n")
            let problem = try client.readAnswer()
            #expect(problem.statusLine == "HTTP/1.1 409 Conflict")
            #expect(problem.field("Content-Type") == "application/problem+json")
            #expect(problem.field("Retry-After") == "7")
            #expect(problem.answerBody.contains(#""code":"state_conflict""#))
            try client.send("GET /error HTTP/1.1\r\nHost: a\r\n\r\n")
            let error = try client.readAnswer()
            #expect(error.statusLine == "HTTP/1.1 500 Internal Server Error")
            #expect(!error.contains("wires"))
            let id = try #require(error.field("X-Request-Id"))
            #expect(error.answerBody.contains(#""instance":"\#(id)""#))
            try await waitUntil("two exchanges") { running.log.all.count == 2 }
            #expect(running.log.all.map(\.reason) == ["state_conflict", "internal_error wires crossed"])
        }
    }

    @Test("the observer learns what happened", arguments: Readiness.available)
    func observes(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            _ = try running.exchange(
                "POST /echo?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
            _ = try running.exchange("GET /fixed HTTP/2.0\r\nHost: a\r\n\r\n")
            try await waitUntil("two exchanges") { running.log.all.count == 2 }
            let expected = LoggedExchange(
                method: "POST", target: "/echo?a=1", status: 200, received: 3, sent: 3, reason: nil,
                isTruncated: false)
            #expect(running.log.all[0] == expected)
            #expect(running.log.all[1].status == 505)
            #expect(running.log.all[1].method == nil)
            try await waitUntil("all closed") { running.server.activeConnections == 0 }
            #expect(running.server.activeRequests == 0)
            #expect(running.server.acceptedConnections == 2)
        }
    }

    @Test("connections spread over all loops are all answered", arguments: HTTPServerConfiguration.Accepting.allCases)
    func accepting(_ accepting: HTTPServerConfiguration.Accepting) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.accepting = accepting
        let handler: Handler = { _ in .text("\(EventLoop.current?.index ?? -1)") }
        try await withServer(loops: 2, configuration, handler: handler) { running in
            var loops: Set<String> = []
            var clients: [RawClient] = []
            for _ in 0..<64 {
                let client = try running.connect()
                try client.send(Self.get)
                loops.insert(try client.readAnswer().answerBody)
                clients.append(client)
            }
            #expect(loops == ["0", "1"])
            #expect(running.server.activeConnections == 64)
        }
    }

    @Test("a second server at the same address is refused")
    func addressInUse() async throws {
        try await withServer { running in
            let group = try EventLoopGroup(count: 1)
            let second = HTTPServer(group: group, handler: testHandler)
            await #expect(throws: SocketError.addressInUse(.loopback(port: running.port))) {
                try await second.start(host: "127.0.0.1", port: running.port)
            }
            await group.shutdown()
        }
    }
}
