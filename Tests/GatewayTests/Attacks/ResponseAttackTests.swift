import TestSupport
import Testing

extension AttackTests {
    /// Answers that could be read in two ways, or by somebody whom they were not for.
    @Suite struct ResponseAttackTests {
        private typealias Answer = ResponseVector

        private static func head(_ lines: String, status: String = "200 OK") -> String {
            "HTTP/1.1 \(status)\r\n\(lines)\r\n\r\n"
        }

        // MARK: - Surplus

        @Test func surplusBytesAreNobodysAnswer() async throws {
            let poison = Answer.poison
            try await AttackFixture.expect([
                Answer(Self.head("Content-Length: 2") + "ok" + poison, .clean(200, "ok")),
                Answer(Self.head("Content-Length: 2") + "okx", .clean(200, "ok")),
                Answer(Self.head("Content-Length: 2") + "ok\r\n", .clean(200, "ok")),
                Answer(Self.head("Content-Length: 2") + "ok" + poison + poison, .clean(200, "ok")),
                Answer(Self.head("Content-Length: 0") + poison, .clean(200, "")),
                Answer(Self.head("Transfer-Encoding: chunked") + "2\r\nok\r\n0\r\n\r\n" + poison, .clean(200, "ok")),
                Answer(Self.head("Transfer-Encoding: chunked") + "2\r\nok\r\n0\r\n\r\n\r\n", .clean(200, "ok")),
                Answer(Self.head("X: y", status: "204 No Content") + poison, .clean(204, "")),
                Answer(Self.head("X: y", status: "304 Not Modified") + poison, .clean(304, "")),
                Answer(Self.head("Content-Length: 6", status: "304 Not Modified") + "poison", .clean(304, "")),
                Answer(Self.head("Content-Length: 6") + "poison", .clean(200, ""), method: "HEAD"),
                Answer(Self.head("Content-Length: 6") + poison, .clean(200, ""), method: "HEAD"),
                Answer(
                    Self.head("Transfer-Encoding: chunked") + "6\r\npoison\r\n0\r\n\r\n", .clean(200, ""),
                    method: "HEAD"),
                Answer(
                    "HTTP/1.1 103 Early Hints\r\n\r\n" + Self.head("Content-Length: 2") + "ok" + poison,
                    .clean(200, "ok")),
            ])
        }

        /// What comes while the connection is idle closes it; nobody has asked for it.
        @Test func answersThatNobodyAskedForEndTheConnection() async throws {
            let answer: WireRecorder.Answer = { message in
                guard message.target == "/late" else { return .echo(message) }
                var reply = WireRecorder.Reply.echo(message)
                reply.afterthought = latin1(ResponseVector.poison)
                return reply
            }
            try await AttackFixture.run(answer: answer) { fixture in
                let text = try fixture.exchange("GET /open/late HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try RawAnswer(text).body == "GET /late")
                try await waitUntil("the connection is closed") { fixture.recorder.recordings.first?.isOver == true }
                try fixture.expectHonestAnswer()
                #expect(fixture.recorder.recordings.count == 2)
            }
        }

        // MARK: - Heads

        @Test func conflictingLengthsAreNoAnswer() async throws {
            let lines = [
                "Content-Length: 2\r\nContent-Length: 3", "Content-Length: 2\r\nContent-Length: 2",
                "Content-Length: 2, 2",
                "Content-Length: 2\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 2",
                "Content-Length: +2", "Content-Length: -2", "Content-Length: 0x2", "Content-Length: 2 2",
                "Content-Length:",
                "Content-Length: 99999999999999999999", "Content-Length: \"2\"", "Content-Length: 2\u{B}",
                "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: xchunked",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: \u{B}chunked",
                "Transfer-Encoding:", "Transfer-Encoding: identity", "Content-Length : 2", "Content-Length\t: 2",
                "Content-Length: 2\r\n 2",
            ]
            try await AttackFixture.expect(lines.map { Answer(Self.head($0) + "ok" + Answer.poison, .badGateway) })
        }

        @Test func malformedHeadsAreNoAnswer() async throws {
            let body = "Content-Length: 2\r\n\r\nok"
            let starts = [
                "HTTP/2.0 200 OK", "HTTP/1.2 200 OK", "http/1.1 200 OK", "HTTP/1.1200 OK", "HTTP/1.1  200 OK",
                "ICY 200 OK",
                "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 abc OK", "HTTP/1.1 099 OK", "HTTP/1.1 -20 OK",
                "HTTP/1.1\t200 OK", " HTTP/1.1 200 OK", "\r\nHTTP/1.1 200 OK", "HTTP/1.1 200 O\u{0}K",
                "HTTP/1.1 200 OK\r",
                "GET /open/x HTTP/1.1", "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}(", "<html>",
            ]
            let lines = [
                "X: y\nZ: z", "X: y\rZ: z", "X: y\r\n z", "X: y\r\n\tz", "X : y", "X", ": y", "X: \u{0}", "X: \u{B}",
                "X(y): z", "X\u{E9}: y",
            ]
            try await AttackFixture.expect(
                starts.map { Answer("\($0)\r\n\(body)", .badGateway) }
                    + lines.map { Answer("HTTP/1.1 200 OK\r\n\($0)\r\n\(body)", .badGateway) }
                    + [
                        Answer("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", .badGateway),
                        Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok", .badGateway),
                        Answer("HTTP/1.1 200 OK\rContent-Length: 2\r\r\nok", .badGateway),
                        Answer("", .badGateway, closes: true), Answer("HTTP/1.1 2", .badGateway, closes: true),
                        Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", .badGateway, closes: true),
                    ])
        }

        @Test func hugeHeadsAreNoAnswer() async throws {
            let line = "X: \(String(repeating: "y", count: 1_000))\r\n"
            try await AttackFixture.expect([
                Answer(Self.head("X: " + String(repeating: "y", count: 64 << 10)), .badGateway),
                Answer("HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 64) + "\r\n", .badGateway),
                Answer(Self.head((0..<200).map { "X\($0): y" }.joined(separator: "\r\n")), .badGateway),
                Answer("HTTP/1.1 200 " + String(repeating: "O", count: 64 << 10), .badGateway),
                Answer("HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 64), .badGateway),
            ])
        }

        // MARK: - Interim answers

        @Test func interimAnswersEndHereAndAreCounted() async throws {
            let ok = Self.head("Content-Length: 2") + "ok"
            let interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
            try await AttackFixture.expect([
                Answer(interim + ok, .clean(200, "ok"), mayBeKept: true),
                Answer("HTTP/1.1 100 Continue\r\n\r\n" + interim + interim + ok, .clean(200, "ok"), mayBeKept: true),
                Answer(String(repeating: interim, count: 100) + ok, .badGateway),
                Answer(String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1_000), .badGateway),
                Answer("HTTP/1.1 102 Processing\r\nContent-Length: 6\r\n\r\npoison" + ok, .badGateway),
            ])
        }

        @Test func switchingProtocolsUnaskedIsNoAnswer() async throws {
            try await AttackFixture.expect([
                Answer("HTTP/1.1 101 Switching Protocols\r\n\r\n", .badGateway),
                Answer(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\npoison",
                    .badGateway),
                Answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + Answer.poison, .badGateway),
            ])
        }

        // MARK: - Bodies

        /// What came with the head is looked at before anything is sent.
        @Test func bodiesThatAreMalformedFromTheStartAreNoAnswer() async throws {
            let bodies = [
                "z\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
                "5\nhello\r\n0\r\n\r\n",
                "5\r\nhello\n0\r\n\r\n", "4\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n",
                "5;a\nb\r\nhello\r\n0\r\n\r\n",
                "FFFFFFFFFFFFFFFFF\r\nhello", "5\r\nhello\r\n0\r\nX : y\r\n\r\n", "5\r\nhello\r\n0\r\n y\r\n\r\n",
                "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n", "5\r\nhello\r\n0\n\n",
            ]
            try await AttackFixture.expect(
                bodies.map { Answer(Self.head("Transfer-Encoding: chunked") + $0 + Answer.poison, .badGateway) })
        }

        @Test func shortBodiesAreCutOff() async throws {
            try await AttackFixture.expect(
                ["", "5", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n"].map {
                    Answer(Self.head("Transfer-Encoding: chunked") + $0, .cut, closes: true)
                }
                    + ["", "hello"].map { Answer(Self.head("Content-Length: 6") + $0, .cut, closes: true) })
        }

        /// Without a length the end of the connection is the end of the answer.
        @Test func answersWithoutALengthEndWithTheirConnection() async throws {
            try await AttackFixture.expect([
                Answer(Self.head("X: y") + "hello", .clean(200, "hello"), closes: true),
                Answer("HTTP/1.0 200 OK\r\n\r\nhello", .clean(200, "hello"), closes: true),
                Answer("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok" + Answer.poison, .clean(200, "ok")),
                Answer("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", .badGateway),
            ])
        }

        // MARK: - Early answers

        /// An answer before the request has ended is handed on, and neither of the two connections serves anybody else.
        @Test(arguments: [
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno\(ResponseVector.poison)",
        ])
        func anEarlyAnswerEndsBothConnections(answer: String) async throws {
            let early: WireRecorder.EarlyAnswer = { $0.hasPrefix("POST /early ") ? .init(answer) : nil }
            try await AttackFixture.run(early: early) { fixture in
                let client = try RawClient(port: fixture.gateway.port)
                // Longer than what is held back to be sent with the head.
                try client.send(
                    "POST /open/early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "400\r\n\(String(repeating: "x", count: 1_024))\r\n")
                try await waitUntil("the request has begun") {
                    fixture.recorder.recordings.contains { $0.hasRest || $0.isOver }
                }
                // The rest is the attack: it is not read as a request by anybody.
                try? client.send("29\r\n\(Vector.smuggled)\r\n")
                let (answers, rest) = WireAnswer.all(try client.readToEnd(), methods: ["POST"])
                #expect(answers.count == 1 && rest.isEmpty, "\(answers) \(rest)")
                #expect([403, 413].contains(answers.first?.status))
                #expect(answers.first?.body == "no")
                try fixture.expectHonestAnswer()
                #expect(fixture.recorder.messages.map(\.target) == ["/honest"])
                try await waitUntil("the upstream's connection is closed") {
                    fixture.recorder.recordings.allSatisfy { $0.isOver == $0.messages.isEmpty }
                }
            }
        }

        // MARK: - Repeating

        /// What `Connection` names does not reach the upstream, so it makes nothing repeatable.
        @Test(arguments: [("X: y", 2), ("Connection: Idempotency-Key", 1), ("Connection: close, idempotency-key", 1)])
        func onlyAKeyThatCrossesMakesARequestRepeatable(line: String, count: Int) async throws {
            let answer: WireRecorder.Answer = { message in
                message.target == "/keyed"
                    ? .init("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n") : .echo(message)
            }
            try await AttackFixture.run(answer: answer) { fixture in
                let text = try fixture.exchange(
                    "POST /keyed HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\n\(line)\r\nContent-Length: 5\r\n\r\nhello"
                )
                #expect(try RawAnswer(text).status == 503)
                let keyed = fixture.recorder.messages.filter { $0.target == "/keyed" }
                #expect(keyed.count == count)
                #expect(keyed.allSatisfy { $0.body == Array("hello".utf8) })
                #expect(keyed.allSatisfy { $0.values(of: "idempotency-key") == (count == 1 ? [] : ["k"]) })
            }
        }

        /// A request of which bytes have been sent, and that may not be sent twice, is not.
        @Test func anUnkeyedRequestOnADeadConnectionIsNotRepeated() async throws {
            let answer: WireRecorder.Answer = { message in
                message.method == "POST" ? .init("", closes: true) : .echo(message)
            }
            try await AttackFixture.run(answer: answer) { fixture in
                try fixture.expectHonestAnswer()
                let text = try fixture.exchange("POST /keyed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
                #expect(try RawAnswer(text).status == 502)
                #expect(fixture.recorder.messages.count { $0.method == "POST" } == 1)
            }
        }
    }
}
