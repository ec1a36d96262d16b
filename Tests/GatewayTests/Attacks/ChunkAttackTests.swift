import TestSupport
import Testing

extension AttackTests {
    /// Chunked bodies that gateway and upstream could end at different places.
    @Suite struct ChunkAttackTests {
        private static func chunked(
            _ body: String, _ outcome: Vector.Outcome = .refused, status: Int? = nil
        ) -> Vector {
            Vector(Vector.visible(body), Vector.post("Transfer-Encoding: chunked", body), outcome, status: status)
        }

        @Test func sizesThatAreNoHexadecimalNumberAreRefused() async throws {
            let sizes = [
                "", "0x5", "0X5", "+5", "-5", "-0", " 5", "\t5", "5_0", "5\u{0}", "5\u{B}", "5\u{C}", "g", "5g", "5.0",
                "5,",
                "\"5\"", "\u{B2}", "FFFFFFFFFFFFFFFF", "10000000000000005", "100000005", "000000005", "5 5", "5\t5",
                "5 =",
                "80000000000000000000000000000005",
            ]
            try await AttackFixture.expect(
                sizes.map { Self.chunked("\($0)\r\nhello\r\n0\r\n\r\n", status: 400) })
        }

        @Test func linesThatDoNotEndInCRLFAreRefused() async throws {
            let bodies = [
                "5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "5\r\r\nhello\r\n0\r\n\r\n",
                "5\n\nhello\r\n0\r\n\r\n",
                "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
                "5\r\nhello\n\r0\r\n\r\n", "5\r\nhello\r\n\r\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n",
                "5\r\nhello\r\n0\r\n\n",
                "5\r\nhello\r\n0\n\n", "5\r\nhello\r\n0\r\r", "5\r\nhello\r\n0\r\n\rX",
            ]
            try await AttackFixture.expect(bodies.map { Self.chunked($0, status: 400) })
        }

        @Test func sizesThatAreNotThatOfTheDataAreRefused() async throws {
            let bodies = [
                "4\r\nhello\r\n0\r\n\r\n", "6\r\nhello\r\n0\r\n\r\n", "7\r\nhello\r\n0\r\n\r\n",
                "1\r\nhello\r\n0\r\n\r\n",
                "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n00000000\r\nGET / HTTP/1.1\r\n\r\n",
            ]
            try await AttackFixture.expect(bodies.map { Self.chunked($0, status: 400) })
        }

        /// A line feed inside an extension ends the line for some readers and not for others.
        @Test func extensionsWithControlBytesAreRefused() async throws {
            let extensions = [
                ";a\n", ";\n", ";a=b\nx", ";a=\"\n\"", ";a\rb", ";\r\r", ";a\u{0}", ";a\u{B}", ";a\u{7F}",
                ";a=\"\u{1}\"",
                ";a\n0\r\n\r\nGET /open/x HTTP/1.1\r\nHost: a\r\n\r\n", ";" + String(repeating: "a", count: 5_000),
            ]
            try await AttackFixture.expect(
                extensions.map { Self.chunked("5\($0)\r\nhello\r\n0\r\n\r\n", status: 400) })
        }

        /// Extensions end here, however they are written; none of their text is taken for data.
        @Test func honestChunksAreWrittenAnew() async throws {
            let bodies = [
                "5;a=b\r\nhello\r\n0\r\n\r\n", "5;a=\"b;c\"\r\nhello\r\n0;d\r\n\r\n", "5;evil\r\nhello\r\n0\r\n\r\n",
                "5 ;a\r\nhello\r\n0\r\n\r\n", "5\t; a = b\r\nhello\r\n0\r\n\r\n", "5;\r\nhello\r\n0\r\n\r\n",
                "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "00000005\r\nhello\r\n00000000\r\n\r\n",
                "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n", "5;0\r\nhello\r\n0\r\n\r\n",
            ]
            try await AttackFixture.expect(
                bodies.map { Self.chunked($0, .forwarded(["POST /x hello", "GET /smuggled "])) })
        }

        @Test func trailersEndHere() async throws {
            let trailers = [
                "X: y", "X-User-Id: evil", "Tollgate-Identity: evil", "X-API-Key: evil", "X-Forwarded-For: evil",
                "Idempotency-Key: evil", "Cookie: evil", "X: y\r\nZ: evil",
            ]
            try await AttackFixture.expect(
                trailers.map {
                    Self.chunked("5\r\nhello\r\n0\r\n\($0)\r\n\r\n", .forwarded(["POST /x hello", "GET /smuggled "]))
                })
        }

        @Test func trailersThatFrameOrAreMalformedAreRefused() async throws {
            let trailers = [
                "Content-Length: 5", "Transfer-Encoding: chunked", "Host: evil", "Connection: close",
                "Authorization: evil",
                "X : y", " X: y", "X: y\r\n z", "X: y\nZ: z", "X: y\rZ: z", "X: \u{0}", "X", ": y", "X(y): z",
                "GET /open/smuggled HTTP/1.1", "X: " + String(repeating: "y", count: 9_000),
                (0..<40).map { "X\($0): y" }.joined(separator: "\r\n"),
            ]
            try await AttackFixture.expect(
                trailers.map { Self.chunked("5\r\nhello\r\n0\r\n\($0)\r\n\r\n", status: 400) })
        }
    }
}
