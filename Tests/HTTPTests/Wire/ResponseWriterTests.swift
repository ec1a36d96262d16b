import HTTPTypes
import Sockets
import Testing

@testable import HTTP

@Suite struct ResponseWriterTests {
    private static let date = Array("Date: now\r\n".utf8)

    /// The head that answers `request` with `response`.
    private func head(
        _ response: Response, to request: String = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", keepAlive: Bool = true
    ) throws -> String {
        let requestHead = RequestHead()
        var parser = HeadParser()
        let outcome = Array(request.utf8).withUnsafeBytes { parser.parse($0, into: requestHead) }
        try #require(outcome == .complete(request.utf8.count))
        let framing = ResponseFraming(response, to: requestHead, keepAlive: keepAlive)
        let buffer = ByteBuffer()
        Self.date.withUnsafeBytes { ResponseWriter.append(response, framing, date: $0, to: buffer) }
        return String(decoding: buffer.readable, as: UTF8.self)
    }

    @Test func bytesHaveALength() throws {
        #expect(
            try head(.json(Array("{}".utf8)))
                == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: now\r\nContent-Length: 2\r\n\r\n")
    }

    @Test(arguments: [
        (402, "402 Payment Required"), (422, "422 Unprocessable Content"), (503, "503 Service Unavailable"),
        (599, "599 "),
    ])
    func aRelayedNumberGetsItsPhrase(code: Int, line: String) throws {
        let written = try head(Response(status: .init(code: code), body: .bytes([])))
        #expect(written.hasPrefix("HTTP/1.1 \(line)\r\n"))
    }

    @Test func statusesWithoutABodyHaveNoFraming() throws {
        #expect(try head(.empty()) == "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n")
        #expect(try head(.empty(.notModified)) == "HTTP/1.1 304 Not Modified\r\nDate: now\r\n\r\n")
        #expect(try head(.empty(.ok)) == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\n\r\n")
    }

    @Test func streamsAreChunkedOrLastUntilClose() throws {
        let stream = Response(body: .stream(length: nil) { _ in })
        #expect(try head(stream).contains("\r\nTransfer-Encoding: chunked\r\n"))
        let old = try head(stream, to: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(!old.contains("Transfer-Encoding"))
        #expect(old.hasSuffix("\r\nConnection: close\r\n\r\n"))
        #expect(try head(Response(body: .stream(length: 7) { _ in })).contains("\r\nContent-Length: 7\r\n"))
    }

    @Test func connectionFollowsBothSides() throws {
        #expect(try !head(.empty()).contains("Connection"))
        #expect(try head(.empty(), keepAlive: false).hasSuffix("Connection: close\r\n\r\n"))
        #expect(
            try head(.empty(), to: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                .hasSuffix("Connection: close\r\n\r\n"))
        #expect(
            try head(.empty(), to: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                .hasSuffix("Connection: keep-alive\r\n\r\n"))
    }

    @Test func aValueCannotBreakOutOfItsLine() throws {
        let response = Response(status: .seeOther, fields: [.location: "/a\r\nSet-Cookie: x\u{0}"])
        let lines = try head(response).split(separator: "\r\n")
        #expect(lines.first == "HTTP/1.1 303 See Other")
        #expect(!lines.contains { $0.hasPrefix("Set-Cookie") })
        #expect(HTTPField.Name("A\r\nB") == nil)
    }

    @Test func theHandlerDoesNotFrame() throws {
        var response = Response.json([0x31])
        response.fields[.contentLength] = "99"
        response.fields[.transferEncoding] = "chunked"
        response.fields[.connection] = "upgrade"
        response.fields[.te] = "trailers"
        let text = try head(response)
        #expect(text.contains("\r\nContent-Length: 1\r\n"))
        #expect(!text.contains("99") && !text.contains("chunked") && !text.contains("upgrade") && !text.contains("TE:"))
    }

    @Test func forwardedLinesLoseWhatIsHopByHop() throws {
        let received = """
            HTTP/1.1 200 OK\r\nServer: x\r\nConnection: close, X-Secret\r\nx-secret: 1\r\nKeep-Alive: 5\r\n\
            Content-Length: 3\r\nEmpty:\r\nX-Drop: 2\r\nTransfer-encodinG-not: 1\r\nDate: then\r\n\r\n
            """
        let source = ResponseHead()
        var parser = HeadParser()
        let outcome = Array(received.utf8).withUnsafeBytes { parser.parse($0, into: source, answersHead: false) }
        try #require(outcome == .complete(received.utf8.count))
        let response = Response(
            body: .bytes([1, 2, 3]), forwarded: ForwardedFields(source, removing: ["x-drop"]))
        #expect(
            try head(response)
                == "HTTP/1.1 200 OK\r\nServer: x\r\nEmpty:\r\nTransfer-encodinG-not: 1\r\nDate: then\r\n"
                + "Content-Length: 3\r\n\r\n")
    }

    @Test(arguments: [nil, "given-1", "not acceptable"])
    func sendsTheRequestIDOnce(_ given: String?) throws {
        let source = ResponseHead()
        var parser = HeadParser()
        let received = Array("HTTP/1.1 200 OK\r\nX-Request-Id: other\r\nContent-Length: 0\r\n\r\n".utf8)
        _ = received.withUnsafeBytes { parser.parse($0, into: source, answersHead: false) }
        var fields = HTTPFields()
        if let given, let name = HTTPField.Name("X-Request-Id") { fields[name] = given }
        let request = try Request(target: "/", fields: fields)
        let response = Response(forwarded: ForwardedFields(source))
        let buffer = ByteBuffer()
        let framing = ResponseFraming(response, to: request.head, keepAlive: true)
        Self.date.withUnsafeBytes {
            ResponseWriter.append(response, framing, id: request.context, date: $0, to: buffer)
        }
        let lines = String(decoding: buffer.readable, as: UTF8.self).split(separator: "\r\n")
        let ids = lines.filter { $0.hasPrefix("X-Request-Id: ") }.map { $0.dropFirst(14) }
        #expect(ids == [request.context.id[...]])
        #expect(given == "given-1" ? ids == ["given-1"] : ids.first?.count == 32)
    }

    @Test(arguments: [1, 9, 10, 15, 16, 255, 256, 4095, 4096, 70_000])
    func chunksReadBack(_ count: Int) {
        let buffer = ByteBuffer()
        let data = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        ChunkedEncoder.append(data, to: buffer)
        ChunkedEncoder.append([], to: buffer)
        ChunkedEncoder.appendEnd(trailers: [.eTag: "x", .contentLength: "1"], to: buffer)
        let decoded = decode(Array(buffer.readable), .chunked)
        #expect(decoded == DecodedBody(data: data, end: .end, rest: [], trailers: [.eTag: "x"]))
    }
}
