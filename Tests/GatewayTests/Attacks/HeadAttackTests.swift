import TestSupport
import Testing

extension AttackTests {
    /// Request lines and fields that gateway and upstream could read differently.
    @Suite struct HeadAttackTests {
        private static func raw(_ text: String, _ outcome: Vector.Outcome = .refused, status: Int? = nil) -> Vector {
            Vector(Vector.visible(String(text.prefix(80))), text + Vector.smuggled, outcome, status: status)
        }

        private static func get(
            _ lines: String, _ outcome: Vector.Outcome = .refused, status: Int? = nil
        ) -> Vector {
            let name = Vector.visible(String(lines.prefix(80)))
            let text = "GET /open/x HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n\(Vector.smuggled)"
            return Vector(name, text, outcome, status: status)
        }

        private static let bothRequests = Vector.Outcome.forwarded(["GET /x ", "GET /smuggled "])

        // MARK: - Request lines

        @Test func requestLinesOfOtherFormsAreRefused() async throws {
            let starts = [
                "GET  /open/x HTTP/1.1", "GET /open/x  HTTP/1.1", "GET\t/open/x HTTP/1.1", "GET /open/x\tHTTP/1.1",
                "GET /open/x HTTP/1.1 ", " GET /open/x HTTP/1.1", "GET /open/x http/1.1", "GET /open/x HTTP/1,1",
                "GET /open/x HTTP/01.1", "GET /open/x HTTP/1.10", "GET /open/x HTTP/ 1.1", "GET /open/x HTTP/1.1\u{0}",
                "GET /open/x HTTP/1.1\r", "GET /open/x\u{B}y HTTP/1.1", "GET /open/x\u{A0}y HTTP/1.1",
                "GET /open/x y HTTP/1.1", "GET /open/x#y HTTP/1.1", "GET open/x HTTP/1.1", "GET * HTTP/1.1",
                "G\u{C0}T /open/x HTTP/1.1", "GET: /open/x HTTP/1.1", "GET\u{0} /open/x HTTP/1.1", "/open/x HTTP/1.1",
                "GET /open/x HTTP/1.1 GET /open/x HTTP/1.1", "HTTP/1.1 200 OK", "GET a:80 HTTP/1.1",
            ]
            try await AttackFixture.expect(
                starts.map { Self.raw("\($0)\r\nHost: a\r\n\r\n", status: 400) }
                    + ["GET /open/x HTTP/1.1\n", "GET /open/x HTTP/1.1\r"].map {
                        Self.raw("\($0)Host: a\r\n\r\n", status: 400)
                    }
                    + ["\r\n\r\n", "\n", "\r", "\u{0}", "\u{16}\u{3}\u{1}", "X"].map { lead in
                        Self.raw("\(lead)\(lead == "X" ? " " : "")GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n", status: 400)
                    })
        }

        @Test func otherVersionsAreRefused() async throws {
            try await AttackFixture.expect([
                Self.raw("GET /open/x\r\n", status: 400), Self.raw("GET /open/x\r\n\r\n", status: 400),
                Self.raw("GET /open/x HTTP/0.9\r\nHost: a\r\n\r\n", status: 505),
                Self.raw("GET /open/x HTTP/2.0\r\nHost: a\r\n\r\n", status: 505),
                Self.raw("GET /open/x HTTP/1.2\r\nHost: a\r\n\r\n", status: 505),
                Self.raw("GET /open/x HTTP/3\r\nHost: a\r\n\r\n", status: 400),
                Self.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                Self.raw("PRI /open/x HTTP/2.0\r\nHost: a\r\n\r\nSM\r\n\r\n", status: 505),
            ])
        }

        @Test func methodsThatAreNotForOriginServersAreRefused() async throws {
            try await AttackFixture.expect([
                Self.raw("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", status: 501),
                Self.raw("CONNECT /open/x HTTP/1.1\r\nHost: a\r\n\r\n"),
                Self.raw("CONNECT http://a/open/x HTTP/1.1\r\nHost: a\r\n\r\n"),
                Self.raw("TRACE /open/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", status: 501),
            ])
        }

        // MARK: - Absolute form and Host

        @Test func absoluteTargetsMustNameTheHost() async throws {
            let refused = [
                "http://b/open/x", "http://a:81/open/x", "http://a@b/open/x", "http://b@a/open/x", "http:///open/x",
                "http:/open/x", "ftp://a/open/x", "http://a,b/open/x", "http://a%00/open/x", "http://a:x/open/x",
                "http://a b/open/x", "http://a\\b/open/x", "file:///open/x", "http:a/open/x",
            ]
            try await AttackFixture.expect(
                refused.map { Self.raw("GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n", status: 400) }
                    + [
                        Self.raw("GET http://a/open/x HTTP/1.1\r\nHost: a\r\n\r\n", Self.bothRequests),
                        Self.raw("GET HTTP://A/open/x HTTP/1.1\r\nHost: a\r\n\r\n", Self.bothRequests),
                        Self.raw("GET http://a/open/x HTTP/1.1\r\n\r\n", status: 400),
                        Self.raw("GET http://a/open/x HTTP/1.1\r\nHost: b\r\nHost: a\r\n\r\n", status: 400),
                    ])
        }

        @Test func hostsThatAreMissingRepeatedOrMalformedAreRefused() async throws {
            let hosts = [
                "", "Host:", "Host: a\r\nHost: a", "Host: a\r\nHost: b", "Host: a\r\nhost: evil", "Host: a,b",
                "Host: a b",
                "Host: a@b", "Host: a/b", "Host: a?b", "Host: a#b", "Host: a\\b", "Host: a:x", "Host: a:80:80",
                "Host: a\u{0}", "Host: a\u{B}", " Host: a", "Host : a", "Host\t: a", "Host: a\r\n b",
                "Host: \u{E9}", "Host: http://a", "Host: [::1", "X: y\nHost: a", "\u{0}Host: a",
            ]
            try await AttackFixture.expect(
                hosts.map {
                    Self.raw("GET /open/x HTTP/1.1\r\n\($0)\($0.isEmpty ? "" : "\r\n")\r\n", status: 400)
                })
        }

        // MARK: - HTTP/1.0

        @Test func oldClientsAreServedOnceAndNotChunked() async throws {
            try await AttackFixture.expect([
                Vector("1.0", "GET /open/x HTTP/1.0\r\n\r\n\(Vector.smuggled)", .forwarded(["GET /x "])),
                Vector(
                    "1.0 kept", "GET /open/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\(Vector.smuggled)",
                    .forwarded(["GET /x ", "GET /smuggled "])),
                Self.raw(
                    "POST /open/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", status: 400),
                Self.raw(
                    "POST /open/x HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    status: 400),
                Self.raw("GET /open/x HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", status: 400),
            ])
        }

        // MARK: - Fields

        @Test func foldedAndMalformedFieldsAreRefused() async throws {
            let lines = [
                "X: y\r\n z", "X: y\r\n\tz", "X: y\r\n Content-Length: 5", "X : y", "X\t: y", "X", ": y", "X(y): z",
                "X\u{B}: y", "X: \u{0}", "X: \u{B}", "X: \u{7F}", "X: y\nZ: z", "X: y\rZ: z", "X: y\n\n", "X: y\r\r",
                "X\u{E9}: y", "X: y\n\r", "\u{B}X: y", "\"X\": y", "GET /open/smuggled HTTP/1.1", "X: \u{1B}",
            ]
            try await AttackFixture.expect(lines.map { Self.get($0, status: 400) })
        }

        @Test func headsThatAreTooLargeAreRefused() async throws {
            try await AttackFixture.expect([
                Self.get((0..<120).map { "X\($0): y" }.joined(separator: "\r\n"), status: 431),
                Self.get("X: " + String(repeating: "y", count: 33 << 10), status: 431),
                Self.raw(
                    "GET /open/\(String(repeating: "x", count: 9 << 10)) HTTP/1.1\r\nHost: a\r\n\r\n", status: 414),
            ])
        }

        /// Whoever names a field in `Connection` takes it off the request; the framing, the host and what the gateway
        /// says itself are not his to take.
        @Test func connectionTakesNothingThatIsNotItsOwn() async throws {
            let names = [
                "Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Request-Id", "traceparent", "Tollgate-Deadline",
                "Tollgate-Identity", "close-not", "Forwarded", "\"Host\"", ", ,Host", "keep-alive, Host",
            ]
            try await AttackFixture.expect(
                names.map { Self.get("Connection: \($0)", Self.bothRequests) }
                    + ["Content-Length", "Transfer-Encoding, Content-Length", "host, content-length"].map {
                        Vector(
                            $0, Vector.post("Connection: \($0)\r\nContent-Length: 5", "hello"),
                            .forwarded(["POST /x hello", "GET /smuggled "]))
                    })
        }

        @Test func whatSpeaksForTheInsideDoesNotCross() async throws {
            let names = [
                "Tollgate-Identity", "tollgate-identity", "TOLLGATE-DEADLINE", "Tollgate-Anything", "X-API-Key",
                "Authorization", "X-User-Id", "X-User-Roles", "X-Auth-Request-User", "X-Consumer-Username",
                "X-Credential-Identifier", "X-JWT-Claims", "Remote-User", "X-Remote-User", "X-Forwarded-For",
                "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-IP",
                "X-Envoy-Original-Path", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "Forwarded",
                "Baggage",
                "Proxy-Authorization", "Proxy-Connection", "TE", "Keep-Alive", "Trailer", "Upgrade",
            ]
            try await AttackFixture.expect(
                names.flatMap { name in
                    [
                        Self.get("\(name): evil", Self.bothRequests),
                        Self.get("\(name): evil\r\n\(name.uppercased()): evil", Self.bothRequests),
                    ]
                }
                    + [
                        Self.get(
                            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: evil",
                            Self.bothRequests),
                        Self.get("Connection: Cookie, X-Kept\r\nCookie: evil\r\nX-Kept: evil", Self.bothRequests),
                    ])
        }
    }
}
