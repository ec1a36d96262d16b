import HTTPTypes
import Testing

@testable import HTTP

/// Every rule by which a request head is refused.
@Suite struct RequestRefusalTests {
    typealias Case = WireCase<MessageError>

    /// A GET with these lines after Host.
    private static func get(_ lines: String) -> String { "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" }
    /// A GET of this target.
    private static func target(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }

    static let startLines: [Case] = [
        Case("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("no version (HTTP/0.9)", "GET /\r\n\r\n", .malformedStartLine),
        Case("two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Case("two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("tab instead of a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("bare line feed after the first line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .malformedStartLine),
        Case("bare carriage return in the first line", "GET / HTTP/1.1\rHost: a\r\n\r\n", .malformedStartLine),
        Case("method is not a token", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("TLS handshake, no line feed needed", [0x16, 0x03, 0x01, 0x02, 0x00], .malformedStartLine),
        Case("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("bare line feed first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("carriage return first", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("two digits in the version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("version without digits", "GET / HTTP/x.y\r\nHost: a\r\n\r\n", .malformedStartLine),
        Case("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .unsupportedVersion),
        Case("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .malformedTarget),
        Case("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", .unsupportedVersion),
        Case("HTTP/0.9 written out", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", .unsupportedVersion),
        Case("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", .unsupportedMethod),
        Case("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .unsupportedMethod),
        Case("response instead of a request", "HTTP/1.1 200 OK\r\n\r\n", .malformedStartLine),
    ]

    static let targets: [Case] = [
        Case("no leading slash", target("a/b"), .malformedTarget),
        Case("asterisk with GET", target("*"), .malformedTarget),
        Case("fragment", target("/a#b"), .malformedTarget),
        Case("fragment in the query", target("/a?b#c"), .malformedTarget),
        Case("quotation mark", target("/\""), .malformedTarget),
        Case("backslash", target("/a\\b"), .malformedTarget),
        Case("less-than sign", target("/<b>"), .malformedTarget),
        Case("byte above 127", target("/é"), .malformedTarget),
        Case("control byte", target("/\u{1}"), .malformedTarget),
        Case("delete", target("/\u{7F}"), .malformedTarget),
        Case("percent without digits", target("/%"), .malformedTarget),
        Case("percent with one digit", target("/%4"), .malformedTarget),
        Case("percent with a letter that is no digit", target("/%4G"), .malformedTarget),
        Case("malformed percent-encoding in the query", target("/a?b=%zz"), .malformedTarget),
        Case("encoded NUL", target("/a%00b"), .malformedTarget),
        Case("encoded line feed", target("/a%0Ab"), .malformedTarget),
        Case("encoded delete", target("/a%7Fb"), .malformedTarget),
        Case("encoding that is not UTF-8", target("/a%FF"), .malformedTarget),
        Case("overlong encoding of a slash", target("/a%C0%AFb"), .malformedTarget),
        Case("leaves the root", target("/../a"), .malformedTarget),
        Case("leaves the root, encoded", target("/a/%2e%2E/.%2e/b"), .malformedTarget),
        Case("dots with a parameter", target("/a/..;b=c/d"), .malformedTarget),
        Case("dots before an encoded slash", target("/a/%2e%2e%2fb"), .malformedTarget),
        Case("dots after an encoded backslash", target("/a%5c../b"), .malformedTarget),
        Case("scheme that is not HTTP", target("ftp://a/"), .malformedTarget),
        Case("absolute form without authority", target("http:///"), .malformedTarget),
        Case("absolute form with userinfo", target("http://u@a/"), .malformedTarget),
        Case("absolute form with a port that is none", target("http://a:b/"), .malformedTarget),
        Case("absolute form with a port above 65535", target("http://a:65536/"), .malformedTarget),
        Case("authority-form with GET", target("a:80"), .malformedTarget),
        Case("target over 8 KiB", target("/" + String(repeating: "a", count: 8192)), .targetTooLong),
        Case("query over 8 KiB", target("/?" + String(repeating: "a", count: 8191)), .targetTooLong),
        Case("long method", String(repeating: "G", count: 9000) + " / HTTP/1.1\r\n\r\n", .targetTooLong),
        Case("long line that is malformed too", "GET /\" " + String(repeating: "a", count: 9000), .targetTooLong),
    ]

    static let fieldLines: [Case] = [
        Case("space before the colon", get("A : b\r\n"), .malformedField),
        Case("tab before the colon", get("A\t: b\r\n"), .malformedField),
        Case("empty name", get(": b\r\n"), .malformedField),
        Case("no colon", get("Abc\r\n"), .malformedField),
        Case("name is not a token", get("A(b): c\r\n"), .malformedField),
        Case("name with a byte above 127", get("Ä: c\r\n"), .malformedField),
        Case("name with NUL", get("A\u{0}: c\r\n"), .malformedField),
        Case("folded line", get("A: b\r\n c\r\n"), .malformedField),
        Case("folded line with a tab", get("A: b\r\n\tc\r\n"), .malformedField),
        Case("white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .malformedField),
        Case("bare line feed", get("A: b\nC: d\r\n"), .malformedField),
        Case("bare carriage return", get("A: b\rC: d\r\n"), .malformedField),
        Case("two carriage returns", get("A: b\r\r\n"), .malformedField),
        Case("NUL in a value", get("A: b\u{0}c\r\n"), .malformedField),
        Case("control byte in a value", get("A: 12345678\u{1}\r\n"), .malformedField),
        Case("escape in a long value", get("A: \(String(repeating: "x", count: 21))\u{1B}[0m\r\n"), .malformedField),
        Case("delete in a value", get("A: 1234567\u{7F}\r\n"), .malformedField),
        Case("empty line of a bare line feed", "GET / HTTP/1.1\r\nHost: a\r\n\n", .malformedField),
        Case("empty line of a bare carriage return", "GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n", .malformedField),
        Case("101 fields", get(String(repeating: "A: b\r\n", count: 100)), .tooManyFields),
        Case("head over 32 KiB", get("A: " + String(repeating: "b", count: 32768) + "\r\n"), .headTooLarge),
        Case(
            "head over 32 KiB in short lines",
            get(String(repeating: "A: \(String(repeating: "b", count: 400))\r\n", count: 90)), .headTooLarge),
        Case(
            "head over 32 KiB that does not end",
            "GET / HTTP/1.1\r\nA: " + String(repeating: "b", count: 32768), .headTooLarge),
    ]

    static let hosts: [Case] = [
        Case("missing", "GET / HTTP/1.1\r\n\r\n", .badHost),
        Case("repeated", get("Host: a\r\n"), .badHost),
        Case("repeated in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .badHost),
        Case("empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", .badHost),
        Case("list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .badHost),
        Case("with userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .badHost),
        Case("with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
        Case("with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .badHost),
        Case("port only", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", .badHost),
        Case("port that is none", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", .badHost),
        Case("port above 65535", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", .badHost),
        Case("port of five nines", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", .badHost),
        Case("port that overflows", "GET / HTTP/1.1\r\nHost: a:18446744073709551696\r\n\r\n", .badHost),
        Case("port above 65535 of an address", "GET / HTTP/1.1\r\nHost: [::1]:65536\r\n\r\n", .badHost),
        Case("port above 65535 in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a:65536\r\n\r\n", .badHost),
        Case("port with a sign", "GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", .badHost),
        Case("negative port", "GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n", .badHost),
        Case("empty port of nothing", "GET / HTTP/1.1\r\nHost: :\r\n\r\n", .badHost),
        Case("two colons", "GET / HTTP/1.1\r\nHost: a::\r\n\r\n", .badHost),
        Case("empty port in the field alone", "GET http://a/ HTTP/1.1\r\nHost: a:\r\n\r\n", .badHost),
        Case("two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", .badHost),
        Case("address that does not end", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .badHost),
        Case("empty address", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", .badHost),
        Case("differs from the target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .badHost),
        Case("differs in the port", "GET http://a:81/ HTTP/1.1\r\nHost: a:80\r\n\r\n", .badHost),
        Case("missing with absolute form", "GET http://a/ HTTP/1.1\r\n\r\n", .badHost),
    ]

    static let framing: [Case] = [
        Case("Content-Length twice, equal", get("Content-Length: 1\r\nContent-Length: 1\r\n"), .badContentLength),
        Case("Content-Length twice, different", get("Content-Length: 1\r\ncontent-length: 2\r\n"), .badContentLength),
        Case("list of lengths", get("Content-Length: 1, 1\r\n"), .badContentLength),
        Case("empty length", get("Content-Length:\r\n"), .badContentLength),
        Case("length with a sign", get("Content-Length: +1\r\n"), .badContentLength),
        Case("negative length", get("Content-Length: -1\r\n"), .badContentLength),
        Case("hexadecimal length", get("Content-Length: 0x1\r\n"), .badContentLength),
        Case("length with a point", get("Content-Length: 1.0\r\n"), .badContentLength),
        Case("length with a space inside", get("Content-Length: 1 1\r\n"), .badContentLength),
        Case("length that overflows", get("Content-Length: 9223372036854775808\r\n"), .badContentLength),
        Case("length that overflows by far", get("Content-Length: 99999999999999999999999\r\n"), .badContentLength),
        Case("digits of another script", get("Content-Length: １\r\n"), .badContentLength),
        Case("both", get("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), .conflictingFraming),
        Case(
            "both, the other way round", get("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), .conflictingFraming
        ),
        Case("both, unknown coding", get("Transfer-Encoding: gzip\r\nContent-Length: 0\r\n"), .conflictingFraming),
        Case("coding twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), .badTransferEncoding),
        Case("chunked twice in a list", get("Transfer-Encoding: chunked, chunked\r\n"), .badTransferEncoding),
        Case("list", get("Transfer-Encoding: gzip, chunked\r\n"), .badTransferEncoding),
        Case("list with an empty item", get("Transfer-Encoding: ,chunked\r\n"), .badTransferEncoding),
        Case("empty coding", get("Transfer-Encoding:\r\n"), .badTransferEncoding),
        Case("coding with a parameter", get("Transfer-Encoding: chunked;a=b\r\n"), .badTransferEncoding),
        Case("quoted coding", get("Transfer-Encoding: \"chunked\"\r\n"), .badTransferEncoding),
        Case("vertical tab before the coding", get("Transfer-Encoding: \u{0B}chunked\r\n"), .malformedField),
        Case("coding in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .badTransferEncoding),
        Case("unknown coding in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n", .badTransferEncoding),
        Case("unknown coding", get("Transfer-Encoding: gzip\r\n"), .unsupportedTransferCoding),
        Case("identity", get("Transfer-Encoding: identity\r\n"), .unsupportedTransferCoding),
        Case("almost chunked", get("Transfer-Encoding: xchunked\r\n"), .unsupportedTransferCoding),
        Case("other expectation", get("Expect: 200-ok\r\n"), .unsupportedExpectation),
        Case("expectation twice", get("Expect: 100-continue\r\nExpect: 100-continue\r\n"), .unsupportedExpectation),
        Case("expectation with another", get("Expect: 100-continue, x=y\r\n"), .unsupportedExpectation),
    ]

    static let all = startLines + targets + fieldLines + hosts + framing

    @Test(arguments: all)
    func refuses(_ test: Case) {
        #expect(parseRequest(test.bytes) == .failed(test.expected))
    }

    @Test(arguments: all)
    func refusesByteByByte(_ test: Case) {
        #expect(parseRequest(test.bytes, cuts: Array(0..<test.bytes.count)) == .failed(test.expected))
    }

    @Test(arguments: [
        (MessageError.malformedField, 400), (.badHost, 400), (.badContentLength, 400), (.badTransferEncoding, 400),
        (.conflictingFraming, 400), (.malformedStartLine, 400), (.malformedTarget, 400), (.malformedChunk, 400),
        (.targetTooLong, 414), (.unsupportedExpectation, 417), (.headTooLarge, 431), (.tooManyFields, 431),
        (.unsupportedTransferCoding, 501), (.unsupportedMethod, 501), (.unsupportedVersion, 505),
    ])
    func mapsToStatus(_ error: MessageError, _ status: Int) {
        #expect(error.status.code == status)
        #expect(error.problem.status.code == status)
    }
}
