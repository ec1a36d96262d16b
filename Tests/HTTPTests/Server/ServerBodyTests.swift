import HTTP
import Sockets
import Synchronization
import TestSupport
import Testing

@Suite("Server: bodies", .serialized, .timeLimit(.minutes(1)))
struct ServerBodyTests {
    private static let last = "GET /fixed HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private static func post(_ path: String, _ fields: String, _ body: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    @Test("a long body arrives whole, however it is framed", arguments: Readiness.available, [false, true])
    func longBody(_ readiness: Readiness, chunked: Bool) async throws {
        var random = SeededGenerator.announced()
        var configuration = HTTPServerConfiguration()
        configuration.bodyLimit = 4 << 20
        let size = 3_000_000
        try await withServer(readiness, configuration) { running in
            let client = try running.connect()
            let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(size)"
            try client.send(Self.post("/count", framing))
            var left = size
            while left > 0 {
                let count = min(left, Int.random(in: 1...60_000, using: &random))
                let bytes = String(repeating: "x", count: count)
                try client.send(chunked ? String(count, radix: 16) + "\r\n\(bytes)\r\n" : bytes)
                left -= count
            }
            if chunked { try client.send("0\r\nX-Sum: 1\r\n\r\n") }
            #expect(try client.readAnswer().answerBody == "\(size) \(chunked ? 1 : 0)")
        }
    }

    @Test("100 Continue is sent when the body is read, not before", arguments: Readiness.available)
    func expectContinue(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let client = try running.connect()
            try client.send(Self.post("/echo", "Expect: 100-continue\r\nContent-Length: 5"))
            #expect(try client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try client.send("hello")
            #expect(try client.readAnswer().answerBody == "hello")
            // Answered without the body: no interim answer, and the connection cannot go on.
            try client.send(Self.post("/early", "Expect: 100-continue\r\nContent-Length: 5"))
            let early = try client.readTextToEnd()
            #expect(early.statusLine == "HTTP/1.1 200 OK")
            #expect(early.field("Connection") == "close")
        }
    }

    @Test("a body that is there already is answered without 100 Continue", arguments: Readiness.available)
    func continueNotNeeded(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let client = try running.connect()
            try client.send(Self.post("/echo", "Expect: 100-continue\r\nContent-Length: 5", "hello"))
            #expect(try client.readAnswer().statusLine == "HTTP/1.1 200 OK")
        }
    }

    @Test("an unread body that has arrived is dropped, and the connection goes on", arguments: Readiness.available)
    func dropsUnread(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let text = try running.exchange(Self.post("/early", "Content-Length: 5", "hello") + Self.last)
            #expect(text.field("Connection") == nil)
            #expect(text.answerBody.contains("early"))
            #expect(text.hasSuffix("\r\n\r\nfixed"))
        }
    }

    @Test("an unread body that has not arrived closes, and the answer can be read", arguments: Readiness.available)
    func earlyAnswer(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let client = try running.connect()
            try client.send(Self.post("/early", "Content-Length: 900000"))
            try client.send(String(repeating: "x", count: 500_000))
            let answer = try client.readTextToEnd()
            #expect(answer.field("Connection") == "close")
            #expect(answer.answerBody == "early")
        }
    }

    @Test("bodies over the limit are 413 and close", arguments: Readiness.available, [true, false])
    func tooLarge(_ readiness: Readiness, chunked: Bool) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyLimit = 1000
        try await withServer(readiness, configuration) { running in
            let body = String(repeating: "x", count: 1001)
            let request =
                chunked
                ? Self.post("/echo", "Transfer-Encoding: chunked", "3e9\r\n\(body)\r\n0\r\n\r\n")
                : Self.post("/echo", "Content-Length: 1001", body)
            let answer = try running.exchange(request + Self.last)
            #expect(answer.statusLine.hasPrefix("HTTP/1.1 413"))
            let atLimit = String(repeating: "x", count: 1000)
            let fits = try running.exchange(Self.post("/echo", "Content-Length: 1000", atLimit) + Self.last)
            #expect(fits.statusLine == "HTTP/1.1 200 OK")
        }
    }

    @Test("a malformed chunk is 400 and closes", arguments: Readiness.available)
    func malformedChunk(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let answer = try running.exchange(Self.post("/echo", "Transfer-Encoding: chunked", "zz\r\n") + Self.last)
            #expect(answer.statusLine == "HTTP/1.1 400 Bad Request")
            #expect(answer.field("Connection") == "close")
        }
    }

    @Test(
        "a body read after its request was answered yields nothing of the next request", arguments: Readiness.available)
    func detaches(_ readiness: Readiness) async throws {
        let kept = Locked<RequestBody?>(nil)
        let outcome = Locked<String>("")
        let store: @Sendable (RequestBody) -> Void = { body in kept.withLock { $0 = body } }
        let take: @Sendable () -> RequestBody? = { kept.withLock { $0 } }
        let note: @Sendable (String) -> Void = { text in outcome.withLock { $0 = text } }
        let handler: Handler = { request in
            if request.path == "/keep" { store(request.body) }
            if request.path == "/steal" {
                do {
                    _ = try await take()?.next()
                    note("read")
                } catch {
                    note("refused")
                }
                return .text(String(decoding: try await request.body.collect(), as: UTF8.self))
            }
            return .text("ok")
        }
        try await withServer(readiness, handler: handler) { running in
            let client = try running.connect()
            try client.send(Self.post("/keep", "Content-Length: 3", "abc"))
            _ = try client.readAnswer()
            try client.send(Self.post("/steal", "Content-Length: 3", "def"))
            #expect(try client.readAnswer().answerBody == "def")
            #expect(outcome.withLock { $0 } == "refused")
        }
    }

    @Test("a streamed answer is chunked, with trailers, and the connection goes on", arguments: Readiness.available)
    func streams(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let text = try running.exchange("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n" + Self.last)
            #expect(text.field("Transfer-Encoding") == "chunked")
            #expect(text.field("Content-Length") == nil)
            let chunks = "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\nETag: \"x\"\r\n\r\n"
            #expect(text.answerBody.hasPrefix(chunks + "HTTP/1.1 200 OK"))
            let sized = try running.exchange("GET /sized HTTP/1.1\r\nHost: a\r\n\r\n" + Self.last)
            #expect(sized.field("Content-Length") == "6")
            #expect(sized.answerBody.hasPrefix("abcdefHTTP/1.1 200 OK"))
        }
    }

    @Test("a stream that breaks its word is cut off, never completed", arguments: ["/short", "/long", "/failing"])
    func brokenStreams(_ path: String) async throws {
        try await withServer { running in
            let text = try running.exchange("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" + Self.last)
            #expect(!text.hasSuffix("0\r\n\r\n"))
            #expect(text.components(of: "HTTP/1.1 200 OK") == 1)
            try await waitUntil("one exchange") { running.log.all.count == 1 }
            #expect(running.log.all[0].isTruncated)
            #expect(running.log.all[0].reason != nil)
        }
    }

    @Test("the head of a stream leaves before its first byte", arguments: Readiness.available)
    func streamHeadLeaves(_ readiness: Readiness) async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let handler: Handler = { _ in
            Response(
                body: .stream(length: nil) { writer in
                    for await _ in gate { break }
                    try await writer.write("late")
                })
        }
        try await withServer(readiness, handler: handler) { running in
            let client = try running.connect()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.read(until: "\r\n\r\n").field("Transfer-Encoding") == "chunked")
            opener.yield()
            #expect(try client.read(until: "0\r\n\r\n") == "4\r\nlate\r\n0\r\n\r\n")
        }
    }

    @Test("a writer waits for a slow reader", arguments: Readiness.available)
    func backpressure(_ readiness: Readiness) async throws {
        let total = 40_000_000
        let progress = Counter()
        let handler: Handler = { _ in
            Response(
                body: .stream(length: total) { writer in
                    for _ in 0..<(total / 100_000) {
                        try await writer.write([UInt8](repeating: 1, count: 100_000))
                        progress.add(100_000)
                    }
                })
        }
        try await withServer(readiness, handler: handler) { running in
            let client = try running.connect()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            // Full socket buffers stop the writer long before the end.
            var last = -1
            try await waitUntil("the writer stands still") {
                defer { last = progress.value }
                try await Task.sleep(for: .milliseconds(50))
                return progress.value == last && last > 0
            }
            #expect(progress.value < total)
            #expect(try client.readToEnd().count > total)
            #expect(progress.value == total)
        }
    }

    @Test("a big answer arrives whole", arguments: Readiness.available)
    func bigAnswer(_ readiness: Readiness) async throws {
        try await withServer(readiness) { running in
            let bytes = try running.exchange("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(bytes.answerBody.utf8.count == 3_000_000)
        }
    }
}

extension String {
    /// How often `part` occurs.
    func components(of part: String) -> Int { ranges(of: part).count }
}

/// A number that tasks of a test share.
final class Counter: Sendable {
    private let number = Atomic(0)
    var value: Int { number.load(ordering: .relaxed) }
    func add(_ count: Int) { number.add(count, ordering: .relaxed) }
}
