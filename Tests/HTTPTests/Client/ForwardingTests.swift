import Dispatch
import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

/// The gateway's way: a server that sends every request on, in front of a scripted upstream.
@Suite struct ForwardingTests {
    private static let rules = FieldFilter(names: ["Authorization"], prefixes: ["Tollgate-", "x-user-"])

    /// Runs a proxy in front of `upstream`; `body` talks to it through a raw connection.
    private static func withProxy(
        target: ClientTarget = .received(droppingPrefix: 0), setting: HTTPFields = [:],
        upstream: @escaping @Sendable (ScriptedPeer) throws -> Void,
        _ body: (ClientFixture, RawClient) async throws -> Void
    ) async throws {
        try await withClient(script: upstream) { (fixture) async throws in
            let server = HTTPServer(group: fixture.group) { request in
                let outgoing = ClientRequest(
                    forwarding: request, endpoint: fixture.endpoint, target: target, removing: rules, setting: setting)
                let response = try await fixture.client.execute(outgoing)
                return try Response(forwarding: response, removing: ["server", "x-request-id"])
            }
            let address = try await server.start(host: "127.0.0.1", port: 0)
            try await body(fixture, try RawClient(port: address.port))
            await server.shutdown(grace: .seconds(5))
        }
    }

    /// The upstream's answer is the head that it received.
    private static let echoHead: @Sendable (ScriptedPeer) throws -> Void = { peer in
        while let head = try peer.readHead() { try peer.answer(head) }
    }

    @Test(arguments: [
        (
            "Accept: */*\r\nX-Odd:   spaced value  \r\nX-EMPTY:\r\n",
            "Accept: */*\r\nX-Odd:   spaced value\r\nX-EMPTY:\r\n"
        ),
        ("Connection: close, X-Hop\r\nX-Hop: 1\r\nX-Stay: 2\r\n", "X-Stay: 2\r\n"),
        ("Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\n", ""),
        ("Proxy-Authorization: Basic x\r\nProxy-Authenticate: x\r\n", ""),
        ("Authorization: Bearer x\r\nAUTHORIZATION: y\r\nAuthorization-2: kept\r\n", "Authorization-2: kept\r\n"),
        ("tollgate-identity: forged\r\nTOLLGATE-X: 1\r\nX-User-Id: 1\r\nX-Used: 1\r\n", "X-Used: 1\r\n"),
        ("Cookie: a=1\r\nCookie: b=2\r\n", "Cookie: a=1\r\nCookie: b=2\r\n"),
        ("Content-Length: 0\r\n", ""),
    ])
    func sendsOnWhatMayCross(received: String, sent: String) async throws {
        try await Self.withProxy(upstream: Self.echoHead) { (fixture, raw) async throws in
            try raw.send("GET /a/b?c=%20d HTTP/1.1\r\nHost: outside\r\n\(received)\r\n")
            let answer = try raw.readAnswer()
            let expected = "GET /a/b?c=%20d HTTP/1.1\r\nHost: \(fixture.endpoint)\r\n\(sent)\r\n"
            #expect(answer.hasSuffix("\r\n\r\n" + expected))
        }
    }

    @Test func replacesFieldsThatAreSet() async throws {
        let set: HTTPFields = [.accept: "text/plain", HTTPField.Name("X-Forwarded-For")!: "192.0.2.1"]
        try await Self.withProxy(setting: set, upstream: Self.echoHead) { (fixture, raw) async throws in
            try raw.send(
                "GET / HTTP/1.1\r\nHost: h\r\naccept: */*\r\nACCEPT: a/b\r\nX-A: 1\r\nx-forwarded-for: evil\r\n\r\n")
            let answer = try raw.readAnswer()
            let fields = "X-A: 1\r\nAccept: text/plain\r\nX-Forwarded-For: 192.0.2.1\r\n"
            #expect(answer.hasSuffix("GET / HTTP/1.1\r\nHost: \(fixture.endpoint)\r\n\(fields)\r\n"))
        }
    }

    @Test(arguments: [
        (ClientTarget.received(droppingPrefix: 4), "/api/v1/x?y=1", "/v1/x?y=1"),
        (.received(droppingPrefix: 4), "/api", "/"),
        (.received(droppingPrefix: 4), "/api?y=1", "/?y=1"),
        (.received(droppingPrefix: 0), "http://h/abs?x", "/abs?x"),
        (.received(droppingPrefix: 0), "http://h", "/"),
        ("/other?z", "/api/v1/x", "/other?z"),
    ])
    func rewritesTheTarget(target: ClientTarget, received: String, sent: String) async throws {
        try await Self.withProxy(target: target, upstream: Self.echoHead) { (_, raw) async throws in
            try raw.send("GET \(received) HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try raw.readAnswer()
            #expect(answer.contains("\r\n\r\nGET \(sent) HTTP/1.1\r\n"))
        }
    }

    @Test(arguments: [
        ("Content-Length: 5\r\n\r\nhello", "Content-Length: 5\r\n\r\n", "hello"),
        (
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n"
        ),
    ])
    func writesTheFramingAnew(message: String, framing: String, end: String) async throws {
        let seen = Locked("")
        try await Self.withProxy(upstream: { peer in
            let message = try peer.read(until: end)
            seen.withLock { $0 = message }
            try peer.answer("done")
        }) { (fixture, raw) async throws in
            try raw.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\(message)")
            let answer = try raw.read(until: "done")
            #expect(answer.contains("HTTP/1.1 200"))
            let sent = seen.withLock { $0 }
            #expect(sent.hasPrefix("POST / HTTP/1.1\r\nHost: \(fixture.endpoint)\r\n\(framing)"))
            #expect(sent.hasSuffix(end))
        }
    }

    @Test(arguments: [
        (
            "HTTP/1.1 200 OK\r\nX-Up: 1\r\nServer: inner\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nhi",
            "hi"
        ),
        ("HTTP/1.1 200 OK\r\nX-Up: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", "hi"),
        ("HTTP/1.1 200 OK\r\nX-Up: 1\r\nKeep-Alive: 5\r\n\r\nhi", "hi"),
        ("HTTP/1.1 503 Service Unavailable\r\nX-Up: 1\r\nContent-Length: 0\r\n\r\n", ""),
    ])
    func relaysAnswers(answer: String, body: String) async throws {
        for splits in [false, true] {
            try await Self.withProxy(upstream: { peer in
                guard try peer.readHead() != nil else { return }
                if splits { for byte in answer.utf8 { try peer.send([byte]) } } else { try peer.send(answer) }
            }) { (_, raw) async throws in
                try raw.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                let received = try raw.readTextToEnd()
                #expect(received.hasPrefix(String(answer.prefix(12))))
                #expect(received.contains("X-Up: 1\r\n"))
                for name in ["Server:", "X-Hop", "Keep-Alive"] { #expect(!received.contains(name)) }
                #expect(received.filter { $0.isLetter }.hasSuffix(body))
            }
        }
    }

    @Test func relaysTheAnswerToHEADWithItsLength() async throws {
        try await Self.withProxy(upstream: { peer in
            while try peer.readHead() != nil { try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 123\r\n\r\n") }
        }) { (_, raw) async throws in
            for _ in 0..<2 {
                try raw.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                let head = try raw.read(until: "\r\n\r\n")
                #expect(head.contains("Content-Length: 123\r\n"))
            }
        }
    }

    @Test func relaysLongBodiesBothWays() async throws {
        let long = String(repeating: "0123456789", count: 300_000)
        // The routes of a gateway set their own limits; this one has the server's default of 1 MiB.
        let upload = String(long.prefix(1_000_000))
        try await Self.withProxy(upstream: { peer in
            while try peer.readHead() != nil {
                let body = try peer.read(upload.utf8.count)
                try peer.answer(body == upload ? long : "different")
            }
        }) { (_, raw) async throws in
            for _ in 0..<2 {
                try raw.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(upload.utf8.count)\r\n\r\n\(upload)")
                let answer = try raw.readAnswer()
                #expect(answer.hasSuffix(String(long.suffix(100))))
                #expect(answer.utf8.count > long.utf8.count)
            }
        }
    }

    /// An answer that breaks off is never made whole: the client's connection ends before the announced length.
    @Test func cutsOffWhatTheUpstreamCutOff() async throws {
        try await Self.withProxy(upstream: { peer in
            _ = try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        }) { (_, raw) async throws in
            try raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let received = try raw.readTextToEnd()
            #expect(received.contains("hello"))
            #expect(!received.hasSuffix("0\r\n\r\n"))
        }
    }

    /// What is malformed when the answer has begun cuts it off; what came with it has been handed on.
    @Test(arguments: ["z\r\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n"])
    func cutsOffWhatBecomesMalformed(rest: String) async throws {
        let hasBegun = DispatchSemaphore(value: 0)
        try await Self.withProxy(upstream: { peer in
            _ = try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            _ = hasBegun.wait(timeout: .now() + .seconds(60))
            try peer.send(rest)
        }) { (_, raw) async throws in
            try raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let start = try raw.read(until: "abc\r\n")
            #expect(start.hasPrefix("HTTP/1.1 200 "))
            hasBegun.signal()
            let end = try raw.readTextToEnd()
            #expect(!end.hasSuffix("0\r\n\r\n"), "\(end)")
        }
    }

    /// As long as nothing has been sent the answer can still become another one.
    @Test(arguments: ["z\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n5\nhello\r\n0\r\n\r\n"])
    func refusesWhatIsMalformedFromTheStart(body: String) async throws {
        try await withClient(script: { peer in
            _ = try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        }) { (fixture) async throws in
            let isRefused = try await fixture.group.loops[0].run { () async throws -> Bool in
                let answer = try await fixture.client.execute(fixture.request())
                do throws(HTTPClientError) {
                    _ = try Response(forwarding: answer)
                    return false
                } catch {
                    if case .malformedResponse = error { return true }
                    return false
                }
            }
            #expect(isRefused)
        }
    }
}
