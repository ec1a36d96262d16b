import TestSupport
import Testing

extension AttackTests {
    /// Ways to frame a body that gateway and upstream could read differently. Behind each stands a request that only
    /// one of them would see.
    @Suite struct FramingAttackTests {
        private static let bothRequests = Vector.Outcome.forwarded(["POST /x hello", "GET /smuggled "])
        private static let chunks = "5\r\nhello\r\n0\r\n\r\n"

        private static func post(
            _ lines: String, _ body: String = chunks, _ outcome: Vector.Outcome = .refused, status: Int? = nil
        ) -> Vector {
            let name = Vector.visible("\(lines) | \(body.prefix(40))")
            return Vector(name, Vector.post(lines, body), outcome, status: status)
        }

        // MARK: - CL.TE and TE.CL

        @Test func aLengthAndACodingTogetherAreRefused() async throws {
            var vectors: [Vector] = []
            let codings = [
                "Transfer-Encoding: chunked", "transfer-encoding:chunked", "TRANSFER-ENCODING: CHUNKED",
                "Transfer-Encoding:\tchunked", "Transfer-Encoding: identity", "Transfer-Encoding: xchunked",
                "Transfer-Encoding:", "Transfer-Encoding: \u{B}chunked", " Transfer-Encoding: chunked",
                "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", "X: y\r\n Transfer-Encoding: chunked",
                "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked",
                "X: y\u{0}\r\nTransfer-Encoding: chunked",
                "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
                "Connection: Content-Length\r\nTransfer-Encoding: chunked",
            ]
            for coding in codings {
                for length in ["0", "5", "15", "57", "1000"] {
                    vectors.append(Self.post("Content-Length: \(length)\r\n\(coding)"))
                    // A line that starts with white space would be folded into the one before it: both ways are tried.
                    vectors.append(Self.post("\(coding)\r\nContent-Length: \(length)"))
                }
            }
            try await AttackFixture.expect(vectors)
        }

        // MARK: - CL

        @Test func lengthsThatAreNoNumberAreRefused() async throws {
            let values = [
                "+5", "-5", "-1", "5, 5", "5,5", "5,", ",5", "5 5", "5\t5", "0x5", "5h", "5.0", "5e0", "\"5\"", "'5'",
                "",
                " ", "\u{D9}\u{A5}", "\u{B2}", "18446744073709551616", "9223372036854775808", "4294967301x", "5\u{B}",
                "\u{B}5", "5\u{C}", "5;", "5;a=b", "5\u{0}", "5\u{A0}", "1_0", "(5)", "five", "5\r\n 0", "5\r\n\t0",
                "5\nX: y", "5\rX: y", "NaN", "Infinity",
            ]
            try await AttackFixture.expect(values.map { Self.post("Content-Length: \($0)", "hello", status: 400) })
        }

        @Test func lengthsGivenTwiceAreRefused() async throws {
            let lines = [
                "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 46",
                "Content-Length: 0\r\nContent-Length: 5", "Content-Length: 5\r\ncontent-length: 0",
                "Content-Length: 5\r\nX: y\r\nCONTENT-LENGTH: 5", "Content-Length:\r\nContent-Length: 5",
                "Content-Length: 5\r\nContent-Length : 0", "Content-Length: 5\r\n Content-Length: 0",
                "Content-Length: 5\r\nContent Length: 0", "Content-Length: 5\r\nContent-Length\u{0}: 0",
                "Content-Length: 5\r\nContent-Length\u{B}: 0", "Content-Length: 5\r\n\u{B}Content-Length: 0",
                "Content-Length: 5\r\nContent-Length", "Content-Length: 5\r\n: 0", "Content-Length: 5\r\nX(y): 0",
                "Content-Length: 5\r\n\"Content-Length\": 0", "Content-Length: 5\r\nContent-Length;: 0",
            ]
            try await AttackFixture.expect(lines.map { Self.post($0, "hello", status: 400) })
        }

        /// Zeros in front and white space around change nothing; the number leaves as the gateway writes it.
        @Test func honestLengthsAreWrittenAnew() async throws {
            let lines = ["Content-Length: 5", "content-length:5", "Content-Length: \t 5\t ", "Content-Length: 0005"]
            try await AttackFixture.expect(lines.map { Self.post($0, "hello", Self.bothRequests) })
        }

        // MARK: - TE.TE

        @Test func codingsThatAreNotChunkedAloneAreRefused() async throws {
            let values = [
                "xchunked", "chunkedx", "chunke", "chunk", "x-chunked", "chunked,", ",chunked", ", chunked ,",
                "chunked, chunked", "chunked chunked", "chunked;q=1", "chunked;a=b", "identity", "identity, chunked",
                "chunked, identity", "gzip, chunked", "chunked, gzip", "gzip", "deflate", "compress", "trailers",
                "\"chunked\"", "'chunked'", "`chunked`", "(chunked)", "{chunked}", "chunked=1", "\u{B}chunked",
                "chunked\u{B}", "chunked\u{C}", "\u{0}chunked", "chunked\u{0}", "\u{A0}chunked", "chunked\u{A0}",
                "\u{85}chunked", "chun\u{E2}\u{84}\u{AA}ed", "", " ", ",", "chunked\r\n , identity", "\r\n chunked",
                "\r\n\tchunked", "chunked\nX: y", "chunked\rX: y", "cow", "chunked\\",
            ]
            try await AttackFixture.expect(values.map { Self.post("Transfer-Encoding: \($0)") })
        }

        @Test func codingsGivenTwiceAreRefused() async throws {
            let lines = [
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\ntransfer-encoding: x",
                "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: x\r\nX: y\r\nTRANSFER-ENCODING: chunked",
                "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", "\tTransfer-Encoding: chunked",
                "Transfer-Encoding\u{B}: chunked", "Transfer\u{0}-Encoding: chunked", "Transfer-Encoding;: chunked",
                "\u{85}Transfer-Encoding: chunked", "Transfer-Encoding\n: chunked", "Transfer-Encoding\r: chunked",
                "Transfer Encoding: chunked", "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked",
                "X: \"y\r\nTransfer-Encoding\u{AD}: chunked", "Transfer-Encoding", ": chunked",
            ]
            try await AttackFixture.expect(lines.map { Self.post($0, status: nil) })
        }

        @Test func honestCodingsAreWrittenAnew() async throws {
            let lines = [
                "Transfer-Encoding: chunked", "transfer-encoding:CHUNKED", "Transfer-Encoding: \t chunked \t",
                "Transfer-Encoding: Chunked\r\nConnection: Transfer-Encoding",
            ]
            try await AttackFixture.expect(lines.map { Self.post($0, Self.chunks, Self.bothRequests) })
        }

        /// A field that only looks like framing is none: what was meant as a body is read as the next request.
        @Test func namesThatOnlyLookLikeFramingFrameNothing() async throws {
            let names = [
                "XTransfer-Encoding", "Transfer-Encodings", "Transfer.Encoding", "X-Transfer-Encoding",
                "TransferEncoding",
                "Content-Encoding", "X-Content-Length", "Transfer-Encoding-", "'Transfer-Encoding'",
            ]
            try await AttackFixture.expect(
                names.map {
                    Self.post("\($0): chunked", Self.chunks, .forwardedThenRefused(["POST /x "]), status: 400)
                })
        }

        /// A service behind a CGI-like interface would take it for the real one.
        @Test func underscoresAreRefused() async throws {
            let lines = [
                "Transfer_Encoding: chunked", "Content_Length: 5", "content_length: 0", "Transfer-Encoding_: x",
            ]
            try await AttackFixture.expect(
                lines.flatMap { line in
                    [
                        Vector(line, "GET /open/x HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n", .denied, status: 400),
                        Self.post("Content-Length: 1000\r\n\(line)", "hello", .refused, status: 400),
                    ]
                })
        }

        // MARK: - 0.CL

        /// What is declared as a body is one, whatever the method and whatever it looks like.
        @Test func bodiesOfMethodsWithoutOneAreBodies() async throws {
            let body = Vector.smuggled
            var vectors: [Vector] = []
            for method in ["GET", "DELETE", "OPTIONS", "PATCH"] {
                let start = "\(method) /open/x HTTP/1.1\r\nHost: a\r\n"
                let expected = Vector.Outcome.forwarded(["\(method) /x \(body)"])
                vectors += [
                    Vector("\(method) CL", "\(start)Content-Length: \(body.utf8.count)\r\n\r\n\(body)", expected),
                    Vector(
                        "\(method) TE",
                        "\(start)Transfer-Encoding: chunked\r\n\r\n\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n",
                        expected),
                ]
            }
            try await AttackFixture.expect(vectors)
        }

        /// An answer that does not wait for the body leaves nothing of it to be read as a request.
        @Test func bodiesOfRefusedRequestsAreNotRequests() async throws {
            let body = Vector.smuggled
            let framings = [
                "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", "Content-Length: 1000\r\n\r\n\(body)",
                "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
                "Expect: 100-continue\r\nContent-Length: \(body.utf8.count + 1)\r\n\r\n\(body)",
            ]
            var vectors: [Vector] = []
            for (target, status) in [("/closed/x", 401), ("/nowhere", 404), ("/keyed", 405)] {
                for framing in framings {
                    let isWhole = framing.contains("Content-Length: \(body.utf8.count)\r\n")
                    vectors.append(
                        Vector(
                            Vector.visible("\(target) \(framing.prefix(30))"),
                            "GET \(target) HTTP/1.1\r\nHost: a\r\n\(framing)", isWhole ? .denied : .refused,
                            status: status))
                }
            }
            try await AttackFixture.expect(vectors)
        }

        @Test func bodiesOverTheLimitAreRefused() async throws {
            let size = 16 << 10
            try await AttackFixture.expect([
                Self.post("Content-Length: \(size + 1)", "hello", status: 413),
                Self.post("Content-Length: 9223372036854775807", "hello", status: 413),
                Self.post(
                    "Transfer-Encoding: chunked",
                    "2000\r\n\(String(repeating: "x", count: 0x2000))\r\n"
                        + "2001\r\n\(String(repeating: "x", count: 0x2001))\r\n0\r\n\r\n", status: 413),
            ])
        }

        // MARK: - Expect

        @Test func expectationsAreMetHere() async throws {
            try await AttackFixture.expect([
                Self.post("Expect: 100-continue\r\nContent-Length: 5", "hello", Self.bothRequests),
                Self.post("Expect: 100-Continue\r\nTransfer-Encoding: chunked", Self.chunks, Self.bothRequests),
                Self.post("Expect: 100-continue\r\nContent-Length: 0", "", .forwarded(["POST /x ", "GET /smuggled "])),
                Self.post("Expect: 200-ok\r\nContent-Length: 5", "hello", status: 417),
                Self.post("Expect: 100-continue, x\r\nContent-Length: 5", "hello", status: 417),
                Self.post("Expect: y 100-continue\r\nContent-Length: 5", "hello", status: 417),
                Self.post("Expect:\r\nContent-Length: 5", "hello", status: 417),
                Self.post("Expect: 100-continue\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", status: 400),
            ])
        }

        // MARK: - Ends that do not come

        @Test func requestsThatEndTooEarlyReachNobody() async throws {
            let starts = ["GET /open/x HTTP/1.1\r\nHost: a\r\n", "GET /open/x HTTP/1.1\r\nHost: a\r\n\r", "GET /open/"]
            let bodies = [
                "Content-Length: 6\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n",
            ]
            let texts = starts + bodies.map { "POST /open/x HTTP/1.1\r\nHost: a\r\n\($0)" }
            try await AttackFixture.expect(texts.map { Vector(Vector.visible($0), $0, .abandoned) })
        }
    }
}
