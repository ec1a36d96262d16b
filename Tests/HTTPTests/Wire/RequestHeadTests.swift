import Testing

@testable import HTTP

/// What an accepted request head says, and that it says the same however it arrives.
@Suite struct RequestHeadTests {
    typealias Case = WireCase<ParsedRequest>

    /// The plain GET that the cases vary.
    private static func parsed(_ change: (inout ParsedRequest) -> Void = { _ in }) -> ParsedRequest {
        let head = RequestHead()
        var parsed = ParsedRequest(head)
        parsed.method = "GET"
        parsed.target = "/"
        parsed.path = "/"
        parsed.fields = ["Host: a"]
        parsed.authority = "a"
        change(&parsed)
        return parsed
    }

    private static func get(
        _ name: String, target: String, path: String, query: String? = nil
    ) -> Case {
        Case(
            name, "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n",
            parsed {
                $0.target = target
                $0.path = path
                $0.query = query
            })
    }

    private static func fields(
        _ name: String, _ lines: [String], _ change: @escaping (inout ParsedRequest) -> Void
    ) -> Case {
        Case(
            name, "GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n",
            parsed {
                $0.fields += lines
                change(&$0)
            })
    }

    static let targets: [Case] = [
        get("root", target: "/", path: "/"),
        get("query", target: "/a?b=c&d", path: "/a", query: "b=c&d"),
        get("empty query", target: "/a?", path: "/a", query: ""),
        get("question mark in the query", target: "/a?b?c", path: "/a", query: "b?c"),
        get("what browsers leave unencoded", target: "/[a]|?{b}|[c]^`\\", path: "/[a]|", query: "{b}|[c]^`\\"),
        get("decoded", target: "/%61%20b/%C3%A9", path: "/a b/é"),
        get("encoded slash stays", target: "/a%2fb/c", path: "/a%2Fb/c"),
        get("twice encoded slash", target: "/a%252Fb", path: "/a%2Fb"),
        get("semicolon is a character", target: "/a;b=c/d", path: "/a;b=c/d"),
        get("dot segments", target: "/a/./b/../c", path: "/a/c"),
        get("dot segments at the end", target: "/a/b/..", path: "/a/"),
        get("dot at the end", target: "/a/.", path: "/a/"),
        get("encoded dot segments", target: "/a/%2E%2e/b", path: "/b"),
        get("three dots are a name", target: "/.../a", path: "/.../a"),
        get("dots inside a name", target: "/a..b/.c", path: "/a..b/.c"),
        get("empty segments stay", target: "//a//b", path: "//a//b"),
        get("target of 8 KiB", target: "/" + long(8191), path: "/" + long(8191)),
        get("absolute form", target: "http://A/b?c", path: "/b", query: "c"),
        get("absolute form without a path", target: "HTTPS://a", path: "/"),
        get("absolute form, query only", target: "http://a?b", path: "/", query: "b"),
    ]

    private static func long(_ count: Int) -> String { String(repeating: "x", count: count) }

    static let methods: [Case] =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "trace", "get", "M-SEARCH"].map { method in
            Case(method, "\(method) / HTTP/1.1\r\nHost: a\r\n\r\n", parsed { $0.method = method })
        } + [
            Case(
                "asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
                parsed {
                    $0.method = "OPTIONS"
                    $0.target = "*"
                    $0.path = "*"
                }),
            Case("empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", parsed()),
        ]

    static let framing: [Case] = [
        fields("Content-Length: 0", ["Content-Length: 0"]) { _ in },
        fields("length", ["Content-Length: 12"]) { $0.framing = .length(12) },
        fields("leading zeros", ["Content-Length: 0012"]) { $0.framing = .length(12) },
        fields("greatest length", ["Content-Length: 9223372036854775807"]) { $0.framing = .length(.max) },
        fields("chunked", ["Transfer-Encoding: chunked"]) { $0.framing = .chunked },
        fields("chunked in capitals", ["TRANSFER-ENCODING: Chunked"]) { $0.framing = .chunked },
        fields("expects to be told to go on", ["Content-Length: 1", "Expect: 100-Continue"]) {
            $0.framing = .length(1)
            $0.expectsContinue = true
        },
        fields("expects without a body", ["Expect: 100-continue"]) { _ in },
        fields("close", ["Connection: close"]) { $0.keepAlive = false },
        fields("close in a list", ["Connection: foo , CLOSE"]) { $0.keepAlive = false },
        fields("close on the second line", ["Connection: te", "Connection: close"]) { $0.keepAlive = false },
        fields("close wins", ["Connection: keep-alive, close"]) { $0.keepAlive = false },
        fields("websocket", ["Connection: keep-alive, Upgrade", "Upgrade: websocket"]) {
            $0.upgradesToWebSocket = true
        },
        fields("upgrade that Connection does not name", ["Upgrade: websocket"]) { _ in },
    ]

    static let versions: [Case] = [
        Case(
            "HTTP/1.0", "GET / HTTP/1.0\r\n\r\n",
            parsed {
                $0.minorVersion = 0
                $0.fields = []
                $0.authority = ""
                $0.keepAlive = false
            }),
        Case(
            "HTTP/1.0 kept alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
            parsed {
                $0.minorVersion = 0
                $0.fields = ["Connection: Keep-Alive"]
                $0.authority = ""
            }),
        Case(
            "HTTP/1.0 does not wait", "GET / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
            parsed {
                $0.minorVersion = 0
                $0.fields = ["Content-Length: 1", "Expect: 100-continue"]
                $0.authority = ""
                $0.keepAlive = false
                $0.framing = .length(1)
            }),
    ]

    static let values: [Case] = [
        Case(
            "white space around values", "GET / HTTP/1.1\r\nHost:a\r\nB: \t c d\t \r\nE:\r\nF: \r\n\r\n",
            parsed { $0.fields = ["Host: a", "B: c d", "E: ", "F: "] }),
        Case(
            "tabs and bytes above 127 in values", "GET / HTTP/1.1\r\nHost: a\r\nB: 12345678\té 12345\r\n\r\n",
            parsed { $0.fields = ["Host: a", "B: 12345678\té 12345"] }),
        Case(
            "every token character in a name",
            "GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09AZaz: x\r\n\r\n",
            parsed { $0.fields = ["Host: a", "!#$%&'*+-.^_`|~09AZaz: x"] }),
        Case(
            "100 fields", "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: b\r\n", count: 99) + "\r\n",
            parsed { $0.fields += Array(repeating: "A: b", count: 99) }),
    ]

    /// RFC 9110 section 7.2 with the port of RFC 3986 section 3.2.3, which may be empty.
    static let authorities: [Case] = [
        "[::1]:8080", "[::1]:", "a:", "a:0", "a:80", "a:65535", "a:00080", "a:0000000000000000000000000000080",
    ].map { authority in
        Case(
            "authority \(authority)", "GET / HTTP/1.1\r\nHost: \(authority)\r\n\r\n",
            parsed {
                $0.fields = ["Host: \(authority)"]
                $0.authority = authority
            })
    }

    static let all = targets + methods + framing + versions + values + authorities

    @Test(arguments: all)
    func accepts(_ test: Case) {
        #expect(parseRequest(test.bytes) == .complete(consumed: test.bytes.count, test.expected))
    }

    @Test(arguments: all)
    func acceptsByteByByte(_ test: Case) {
        let outcome = parseRequest(test.bytes, cuts: Array(0..<test.bytes.count))
        #expect(outcome == .complete(consumed: test.bytes.count, test.expected))
    }

    @Test(arguments: all)
    func leavesWhatFollows(_ test: Case) {
        let outcome = parseRequest(test.bytes + Array("GET /next HTTP/1.1\r\n\r\n".utf8))
        #expect(outcome == .complete(consumed: test.bytes.count, test.expected))
    }

    @Test(arguments: all)
    func isIncompleteBeforeItsEnd(_ test: Case) {
        #expect(parseRequest(Array(test.bytes.dropLast())) == .incomplete)
    }

    @Test func headOfExactly32KiB() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nA: "
        let padding = String(repeating: "b", count: 32768 - start.utf8.count - 4)
        let bytes = Array((start + padding + "\r\n\r\n").utf8)
        #expect(bytes.count == 32768)
        #expect(parseRequest(bytes).parsed?.fields.count == 2)
    }

    @Test func oneHeadServesManyRequests() {
        var parser = HeadParser()
        let head = RequestHead()
        let first = Array(
            "POST /a%20b?c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close, x\r\n\r\n".utf8)
        let second = Array("GET /d HTTP/1.0\r\n\r\n".utf8)
        #expect(first.withUnsafeBytes { parser.parse($0, into: head) } == .complete(first.count))
        #expect(second.withUnsafeBytes { parser.parse($0, into: head) } == .complete(second.count))
        #expect(parseRequest(second) == .complete(consumed: second.count, ParsedRequest(head)))
        #expect(!head.connectionNamesFields)
        #expect(head.normalized == nil)
    }
}
