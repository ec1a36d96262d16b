import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

@Suite struct ClientExchangeTests {
    @Test(arguments: Readiness.available)
    func sendsAndReceives(readiness: Readiness) async throws {
        let heads = Locked<[String]>([])
        try await withClient(readiness: readiness) { peer in
            while let head = try peer.readHead() {
                heads.withLock { $0.append(head) }
                try peer.answer("hello", fields: "X-Answer: 42\r\n")
            }
        } _: { (fixture) async throws in
            var request = fixture.request("/path?q=1")
            request.fields[.accept] = "text/plain"
            // Fields that the client writes itself are ignored.
            request.fields[.connection] = "close"
            request.fields[.contentLength] = "7"
            let response = try await fixture.client.execute(request)
            #expect(response.status.code == 200)
            #expect(response.field(HTTPField.Name("x-answer")!) == "42")
            #expect(response.body.knownLength == 5)
            #expect(try await response.body.collect() == Array("hello".utf8))
            #expect(try await fixture.text(fixture.request()) == "hello")
            let port = fixture.server.port
            #expect(
                heads.withLock { $0 } == [
                    "GET /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAccept: text/plain\r\n\r\n",
                    "GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n",
                ])
            #expect(fixture.server.accepted == 1, "the connection is kept")
        }
    }

    @Test func runsOnTheLoopOfItsCaller() async throws {
        try await withClient { peer in
            while try peer.readHead() != nil { try peer.answer() }
        } _: { (fixture) async throws in
            let loop = fixture.group.loops[0]
            try await loop.run {
                let response = try await fixture.client.execute(fixture.request())
                #expect(loop.isCurrent)
                _ = try await response.body.collect()
                #expect(loop.isCurrent)
            }
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.post, ClientRequestBody.empty, "Content-Length: 0\r\n", ""),
        (.delete, .empty, "", ""),
        (.put, .bytes([]), "Content-Length: 0\r\n", ""),
        (.post, .bytes(Array("abc".utf8)), "Content-Length: 3\r\n", "abc"),
        (.post, .stream(RequestBody(bytes: Array("abcd".utf8))), "Content-Length: 4\r\n", "abcd"),
        (
            .post, .stream(RequestBody(ListBody(["ab", "", "cde"]))), "Transfer-Encoding: chunked\r\n",
            "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
        ),
        (
            .post, .stream(RequestBody(ListBody(["x"], trailers: [HTTPField.Name("X-Sum")!: "9"]))),
            "Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nX-Sum: 9\r\n\r\n"
        ),
    ])
    func framesTheRequestBody(
        method: HTTPRequest.Method, body: ClientRequestBody, field: String, sent: String
    ) async throws {
        try await withClient { peer in
            let head = try peer.readHead()
            #expect(head == "\(method) /b HTTP/1.1\r\nHost: \(try #require(head).hostValue)\r\n\(field)\r\n")
            #expect(try peer.read(sent.utf8.count) == sent)
            try peer.answer()
        } _: { (fixture) async throws in
            let request = ClientRequest(method: method, endpoint: fixture.endpoint, target: "/b", body: body)
            #expect(try await fixture.text(request) == "ok")
        }
    }

    @Test func sendsALongBodyWhole() async throws {
        let long = String(repeating: "0123456789abcdef", count: 200_000)
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.answer(try peer.read(long.utf8.count) == long ? "same" : "different")
        } _: { (fixture) async throws in
            #expect(try await fixture.text(fixture.post(long)) == "same")
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
        ("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n", "abc"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
            "a"
        ),
    ])
    func readsEveryFraming(answer: String, body: String) async throws {
        for isSplit in [false, true] {
            try await withClient { peer in
                while try peer.readHead() != nil {
                    if isSplit {
                        for byte in answer.utf8 { try peer.send([byte]) }
                    } else {
                        try peer.send(answer)
                    }
                }
            } _: { (fixture) async throws in
                #expect(try await fixture.text(fixture.request()) == body)
                #expect(try await fixture.text(fixture.request()) == body)
                #expect(fixture.server.accepted == 1)
            }
        }
    }

    @Test func readsABodyThatEndsWithTheConnection() async throws {
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\n\r\nall of it")
        } _: { (fixture) async throws in
            let response = try await fixture.client.execute(fixture.request())
            #expect(response.body.knownLength == nil)
            #expect(try await response.body.collect() == Array("all of it".utf8))
            #expect(try await response.body.next() == nil)
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.head, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
        (.get, "HTTP/1.1 204 No Content\r\n\r\n"),
        (.get, "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"),
    ])
    func knowsAnswersWithoutABody(method: HTTPRequest.Method, answer: String) async throws {
        try await withClient { peer in
            while try peer.readHead() != nil { try peer.send(answer) }
        } _: { (fixture) async throws in
            var request = fixture.request()
            request.method = method
            for _ in 0..<3 { #expect(try await fixture.text(request) == "") }
            #expect(fixture.server.accepted == 1)
        }
    }

    @Test func handsOutTrailers() async throws {
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n")
        } _: { (fixture) async throws in
            let body = try await fixture.client.execute(fixture.request()).body
            #expect(try await body.collect() == [0x61])
            #expect(body.trailers[HTTPField.Name("X-Sum")!] == "7")
        }
    }

    @Test func readsNoFasterThanItsCaller() async throws {
        let total = 64 << 20
        let sent = Locked(0)
        let isBlocked = Locked(false)
        let mayGoOn = Locked(false)
        try await withClient { peer in
            _ = try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let block = [UInt8](repeating: 7, count: 1 << 16)
            var refusals = 0
            while sent.withLock({ $0 }) < total, !mayGoOn.withLock({ $0 }) {
                let count = peer.sendWhatFits(block)
                sent.withLock { $0 += count }
                refusals = count == 0 ? refusals + 1 : 0
                if refusals > 1000 { isBlocked.withLock { $0 = true } }
            }
            while case let left = total - sent.withLock({ $0 }), left > 0 {
                try peer.send(Array(block.prefix(left)))
                sent.withLock { $0 += min(left, block.count) }
            }
        } _: { (fixture) async throws in
            let body = try await fixture.client.execute(fixture.request()).body
            var received = try #require(await body.next()).count
            try await eventually("the server is blocked") { isBlocked.withLock { $0 } }
            #expect(sent.withLock { $0 } < total / 2)
            mayGoOn.withLock { $0 = true }
            while let bytes = try await body.next() { received += bytes.count }
            #expect(received == total)
        }
    }
}

/// A request body of unknown length, piece by piece. `@unchecked Sendable`: one task reads it.
final class ListBody: RequestBodySource, @unchecked Sendable {
    private var pieces: [String]
    let trailers: HTTPFields
    let knownLength: Int?
    var limit = Int.max

    init(_ pieces: [String], knownLength: Int? = nil, trailers: HTTPFields = [:]) {
        self.pieces = pieces
        self.knownLength = knownLength
        self.trailers = trailers
    }

    func next() async throws -> [UInt8]? { pieces.isEmpty ? nil : Array(pieces.removeFirst().utf8) }
}

extension String {
    /// The value of the Host line of a head.
    var hostValue: String {
        split(separator: "\r\n").first { $0.hasPrefix("Host: ") }.map { String($0.dropFirst(6)) } ?? ""
    }
}
