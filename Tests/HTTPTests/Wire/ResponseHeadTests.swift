import Testing

@testable import HTTP

/// The response side of the parser: what the client believes, and what it refuses.
@Suite struct ResponseHeadTests {
    typealias Refusal = WireCase<MessageError>

    struct Accepted: Sendable, CustomTestStringConvertible {
        let text: String
        let framing: BodyFraming
        var keepAlive = true
        var answersHead = false
        var testDescription: String { text.replacing("\r\n", with: " | ") + (answersHead ? " to HEAD" : "") }
    }

    static let accepted: [Accepted] = [
        Accepted(text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", framing: .length(5)),
        Accepted(text: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 200 Très bien\t!\r\nContent-Length: 0\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", framing: .chunked),
        Accepted(text: "HTTP/1.1 200 OK\r\n\r\n", framing: .untilClose, keepAlive: false),
        Accepted(text: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", framing: .length(5), keepAlive: false),
        Accepted(text: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", framing: .length(5)),
        Accepted(
            text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", framing: .length(5),
            keepAlive: false),
        Accepted(text: "HTTP/1.1 100 Continue\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 204 No Content\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", framing: .none),
        Accepted(text: "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", framing: .none, answersHead: true),
        Accepted(text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", framing: .none, answersHead: true),
        Accepted(text: "HTTP/1.1 404 Not Found\r\n\r\n", framing: .none, answersHead: true),
        Accepted(text: "HTTP/1.1 599 x\r\nContent-Length: 1\r\n\r\n", framing: .length(1)),
    ]

    @Test(arguments: accepted)
    func accepts(_ test: Accepted) throws {
        let bytes = Array(test.text.utf8)
        let whole = parseResponse(bytes, answersHead: test.answersHead)
        let parsed = try #require(whole.parsed)
        #expect(parsed.framing == test.framing)
        #expect(parsed.keepAlive == test.keepAlive)
        #expect(parseResponse(bytes, cuts: Array(0..<bytes.count), answersHead: test.answersHead) == whole)
    }

    private static func ok(_ lines: String) -> String { "HTTP/1.1 200 OK\r\n" + lines + "\r\n" }

    static let refused: [Refusal] = [
        Refusal("no space after the status", "HTTP/1.1 200\r\n\r\n", .malformedStartLine),
        Refusal("status of two digits", "HTTP/1.1 20 OK\r\n\r\n", .malformedStartLine),
        Refusal("status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", .malformedStartLine),
        Refusal("status below 100", "HTTP/1.1 099 x\r\n\r\n", .malformedStartLine),
        Refusal("status above 599", "HTTP/1.1 600 x\r\n\r\n", .malformedStartLine),
        Refusal("status that is no number", "HTTP/1.1 2x0 OK\r\n\r\n", .malformedStartLine),
        Refusal("two spaces", "HTTP/1.1  200 OK\r\n\r\n", .malformedStartLine),
        Refusal("lower-case version", "http/1.1 200 OK\r\n\r\n", .malformedStartLine),
        Refusal("other protocol", "ICY 200 OK\r\n\r\n", .malformedStartLine),
        Refusal("HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion),
        Refusal("empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", .malformedStartLine),
        Refusal("bare line feed", "HTTP/1.1 200 OK\n\r\n", .malformedStartLine),
        Refusal("control byte in the reason", "HTTP/1.1 200 O\u{1}K\r\n\r\n", .malformedStartLine),
        Refusal("reason without end", "HTTP/1.1 200 " + String(repeating: "x", count: 9000), .targetTooLong),
        Refusal("folded line", ok("A: b\r\n c\r\n"), .malformedField),
        Refusal("space before the colon", ok("A : b\r\n"), .malformedField),
        Refusal("Content-Length twice", ok("Content-Length: 1\r\nContent-Length: 1\r\n"), .badContentLength),
        Refusal("length that is no number", ok("Content-Length: x\r\n"), .badContentLength),
        Refusal("both framings", ok("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), .conflictingFraming),
        Refusal("coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .badTransferEncoding),
        Refusal("list of codings", ok("Transfer-Encoding: gzip, chunked\r\n"), .badTransferEncoding),
        Refusal("unknown coding", ok("Transfer-Encoding: gzip\r\n"), .unsupportedTransferCoding),
        Refusal("204 with a length", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", .conflictingFraming),
        Refusal("204 with chunks", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingFraming),
        Refusal("100 with a length", "HTTP/1.1 100 x\r\nContent-Length: 5\r\n\r\n", .conflictingFraming),
        Refusal("101 fields", ok(String(repeating: "A: b\r\n", count: 101)), .tooManyFields),
        Refusal("over 32 KiB", ok("A: " + String(repeating: "b", count: 32768) + "\r\n"), .headTooLarge),
    ]

    @Test(arguments: refused)
    func refuses(_ test: Refusal) {
        #expect(parseResponse(test.bytes) == .failed(test.expected))
        #expect(parseResponse(test.bytes, cuts: Array(0..<test.bytes.count)) == .failed(test.expected))
    }
}
