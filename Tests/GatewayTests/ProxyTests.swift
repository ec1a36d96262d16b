import Chassis
import HTTP
import HTTPTypes
import JSON
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite struct ProxyTests {
    @Test func aRequestIsForwardedCleanly() async throws {
        try await GatewayFixture.run { gateway in
            let fields: HTTPFields = [
                .accept: "text/plain", .init("Tollgate-Identity")!: "forged", .init("tollgate-deadline")!: "1",
                .init("X-User-Id")!: "usr_2", .init("X-Forwarded-For")!: "1.2.3.4", .init("Forwarded")!: "for=1.2.3.4",
                .init("X-Real-IP")!: "1.2.3.4", .init("X-Request-Id")!: "mine-1", .init("Baggage")!: "a=b",
                .init("X-Custom")!: "kept", .authorization: "Bearer secret",
                .init("traceparent")!: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ]
            let answer = try await gateway.send(.get, "/open/a/../b?x=%2F&y", fields: fields)
            #expect(answer.status == 200)
            let received = try #require(gateway.payments.received.first)
            #expect(received.target == "/b?x=%2F&y")
            #expect(received.fields[.accept] == "text/plain")
            #expect(received.fields[.init("X-Custom")!] == "kept")
            #expect(received.fields[.requestID] == "mine-1")
            #expect(received.fields[.forwardedFor] == "127.0.0.1")
            #expect(received.fields[.init("X-User-Id")!] == nil)
            #expect(received.fields[.init("X-Real-IP")!] == nil)
            #expect(received.fields[.forwarded]?.hasPrefix("for=127.0.0.1;") == true)
            #expect(received.fields[.init("Baggage")!] == nil)
            #expect(received.fields[.authorization] == nil)
            #expect(received.fields[values: .tollgateIdentity].count == 1)
            #expect(received.fields[.tollgateIdentity] != "forged")
            #expect(received.fields[.traceParent]?.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-") == true)
            #expect(received.fields[.traceParent]?.hasSuffix("-00") == true)
            let deadline = Int(received.fields[.tollgateDeadline] ?? "") ?? 0
            #expect((1...10_000).contains(deadline))
        }
    }

    @Test func whatTheServiceSaysOfItselfStaysInside() async throws {
        try await GatewayFixture.run { gateway in
            gateway.payments.answer { _ in
                Response(
                    status: .created,
                    fields: [
                        .server: "secret/1.0", .init("X-Powered-By")!: "secret", .location: "/v1/things/1",
                        .init("X-Kept")!: "yes",
                    ], body: .bytes(Array("made".utf8)))
            }
            let answer = try await gateway.send(.post, "/open/v1/things", body: [1])
            #expect(answer.status == 201)
            #expect(answer.text == "made")
            #expect(answer.fields[.server] == nil)
            #expect(answer.fields[.init("X-Powered-By")!] == nil)
            #expect(answer.fields[.init("X-Kept")!] == "yes")
            #expect(answer.fields[values: .location] == ["/open/v1/things/1"])
        }
    }

    @Test func unknownPathsAndMethodsAreRefusedHere() async throws {
        try await GatewayFixture.run { gateway in
            let missing = try await gateway.send(.get, "/nowhere")
            #expect(missing.status == 404)
            #expect(missing.text.contains("\"code\":\"not_found\""))
            let method = try await gateway.send(.get, "/keyed")
            #expect(method.status == 405)
            #expect(method.fields[.allow] == "POST")
            for target in ["/open%2F..%2Fclosed", "/open/..%2fclosed", "/open;x/../closed"] {
                _ = try await gateway.send(.get, target)
            }
            #expect(gateway.users.received.isEmpty)
        }
    }

    @Test func aBodyOverTheLimitIsRefused() async throws {
        try await GatewayFixture.run { gateway in
            let answer = try await gateway.send(.post, "/open/x", body: Array(repeating: 1, count: 20_000))
            #expect(answer.status == 413)
            #expect(gateway.payments.received.isEmpty)
        }
    }

    @Test func largeBodiesStreamBothWays() async throws {
        try await GatewayFixture.run { gateway in
            gateway.payments.answer { received in
                Response(
                    body: .stream(length: nil) { writer in
                        for start in stride(from: 0, to: received.body.count, by: 50_000) {
                            let end = min(start + 50_000, received.body.count)
                            try await writer.write(Array(received.body[start..<end]))
                        }
                    })
            }
            var random = TestSeed.generator()
            let body = random.bytes(900_000)
            let answer = try await gateway.send(.post, "/big", body: body)
            #expect(answer.status == 200)
            #expect(answer.body == body)
        }
    }

    // MARK: - Retries

    /// Answers 503 as often as told, then 200.
    private func failing(_ times: Int) -> RecordingUpstream.Answer {
        let left = Mutex(times)
        return { _ in
            let fails = left.withLock { left in
                left -= 1
                return left >= 0
            }
            return fails ? .text("not now", status: .serviceUnavailable) : .text("done")
        }
    }

    @Test(arguments: [(1, 200, 2), (2, 200, 3), (3, 503, 3)])
    func safeRequestsAreRetried(failures: Int, status: Int, tries: Int) async throws {
        try await GatewayFixture.run { gateway in
            gateway.payments.answer(failing(failures))
            try await gateway.expect(status, .get, "/open/x")
            #expect(gateway.payments.received.count == tries)
        }
    }

    @Test func keyedRequestsAreRepeatedWithKeyAndBody() async throws {
        try await GatewayFixture.run { gateway in
            gateway.payments.answer(failing(1))
            let body = Array("{\"amount\":1}".utf8)
            let answer = try await gateway.send(.post, "/keyed", fields: [.idempotencyKey: "k-1"], body: body)
            #expect(answer.status == 200)
            let received = gateway.payments.received
            #expect(received.map(\.body) == [body, body])
            #expect(received.map { $0.fields[.idempotencyKey] } == ["k-1", "k-1"])
        }
    }

    @Test(arguments: [("/keyed", nil), ("/open/x", "k-1")] as [(String, String?)])
    func otherRequestsAreSentOnce(target: String, key: String?) async throws {
        try await GatewayFixture.run { gateway in
            gateway.payments.answer(failing(1))
            var fields: HTTPFields = [:]
            fields[.idempotencyKey] = key
            let answer = try await gateway.send(.post, target, fields: fields, body: [1])
            #expect(answer.status == 503)
            #expect(answer.text == "not now")
            #expect(gateway.payments.received.count == 1)
        }
    }

    @Test func aKeyedBodyTooLongToKeepIsSentOnce() async throws {
        try await GatewayFixture.run { gateway in
            gateway.payments.answer(failing(1))
            let body = Array(repeating: UInt8(7), count: 5_000)
            let answer = try await gateway.send(.post, "/keyed", fields: [.idempotencyKey: "k-1"], body: body)
            #expect(answer.status == 503)
            #expect(gateway.payments.received.map(\.body) == [body])
        }
    }

    @Test(arguments: [(1, 200, 2), (5, 502, 3)])
    func aSafeRequestSurvivesABrokenConnection(breaks: Int, status: Int, tries: Int) async throws {
        try await breaking(breaks) { gateway, upstream in
            let answer = try await gateway.send(.get, "/open/x")
            #expect(answer.status == status)
            #expect(upstream.requests == tries)
        }
    }

    @Test func anUnkeyedWriteIsNotRepeatedOnABrokenConnection() async throws {
        try await breaking(1) { gateway, upstream in
            let answer = try await gateway.send(.post, "/open/x", body: [1])
            #expect(answer.status == 502)
            #expect(answer.text.contains("\"code\":\"bad_gateway\""))
            #expect(upstream.requests == 1)
            #expect(gateway.observed.notes.last?.reason == "closed_before_response")
        }
    }

    @Test func aKeyedWriteIsRepeatedOnABrokenConnection() async throws {
        try await breaking(1) { gateway, upstream in
            let answer = try await gateway.send(.post, "/keyed", fields: [.idempotencyKey: "k-1"], body: [1])
            #expect(answer.status == 200)
            #expect(upstream.requests == 2)
        }
    }

    /// The kept connection dies, the client sends the request again by itself, and the service is still busy with the
    /// first one: that one is the client's own.
    @Test func whatTheReplayOfAKeptConnectionFindsInProgressIsAskedForAgain() async throws {
        let group = try EventLoopGroup(count: 1)
        let problem = #"{"code":"idempotency_in_progress"}"#
        let busy =
            "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\nContent-Length: \(problem.utf8.count)"
            + "\r\n\r\n\(problem)"
        let upstream = try await BreakingUpstream(breaking: 0, on: group.next()) { number in
            switch number {
            case 2: ""
            case 3, 4: busy
            default: BreakingUpstream.ok
            }
        }
        let yaml = GatewayFixture.yaml.replacing("${PAYMENTS}", with: "http://127.0.0.1:\(upstream.port)")
        try await GatewayFixture.run(yaml) { gateway in
            // One connection, so one loop, whose pool has the kept one.
            let client = try RawClient(port: gateway.port)
            try client.send("GET /open/x HTTP/1.1\r\nHost: gateway\r\n\r\n")
            #expect(try client.readAnswer().hasPrefix("HTTP/1.1 200 "))
            try client.send(
                "POST /keyed HTTP/1.1\r\nHost: gateway\r\nIdempotency-Key: k\r\nContent-Length: 1\r\n\r\n1")
            #expect(try client.readAnswer().hasPrefix("HTTP/1.1 200 "))
            #expect(upstream.requests == 5)
            client.close()
        }
        await upstream.stop()
        await group.shutdown()
    }

    /// A gateway whose `payments` hangs up.
    private func breaking(
        _ times: Int, _ body: @Sendable (GatewayFixture, BreakingUpstream) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: 1)
        let upstream = try await BreakingUpstream(breaking: times, on: group.next())
        let yaml = GatewayFixture.yaml.replacing("${PAYMENTS}", with: "http://127.0.0.1:\(upstream.port)")
        try await GatewayFixture.run(yaml) { try await body($0, upstream) }
        await upstream.stop()
        await group.shutdown()
    }

    @Test func behindTrustedProxiesTheClientIsWhomTheyName() async throws {
        let yaml = GatewayFixture.yaml.replacing("replay_body: 4KiB", with: "replay_body: 4KiB, trusted_proxies: 1")
        try await GatewayFixture.run(yaml) { gateway in
            let fields: HTTPFields = [.forwardedFor: "6.6.6.6, 203.0.113.7"]
            _ = try await gateway.send(.get, "/open/x", fields: fields)
            #expect(gateway.payments.received.last?.fields[.forwardedFor] == "203.0.113.7, 127.0.0.1")
            _ = try await gateway.send(.get, "/open/x", fields: [.forwardedFor: "junk"])
            #expect(gateway.payments.received.last?.fields[.forwardedFor] == "127.0.0.1")
        }
    }

    // MARK: - Time

    @Test func anUpstreamThatDoesNotAnswerIs504() async throws {
        let yaml = GatewayFixture.yaml.replacing("per_try: 10s", with: "per_try: 200ms")
        try await GatewayFixture.run(yaml) { gateway in
            gateway.payments.answer { _ in
                try await Task.sleep(for: .seconds(30))
                return .empty()
            }
            let answer = try await gateway.send(.post, "/open/x", body: [1])
            #expect(answer.status == 504)
            #expect(answer.text.contains("\"code\":\"gateway_timeout\""))
            #expect(!answer.text.contains("payments"))
            let note = try #require(gateway.observed.notes.last)
            #expect(note.upstream == "payments")
            #expect(note.reason == "deadline_exceeded_head")
            #expect(note.route == "/open/*")
        }
    }

    // MARK: - Nobody there

    @Test func anUnkeyedWriteToAnAbsentUpstreamFailsAtOnce() async throws {
        try await GatewayFixture.run { gateway in
            await gateway.payments.stop()
            let answer = try await gateway.send(.post, "/open/x", body: [1])
            #expect(answer.status == 503)
            #expect(answer.fields[.retryAfter] == "1")
            #expect(!answer.text.contains("127.0.0.1"))
            #expect(gateway.observed.notes.last?.reason?.hasPrefix("connection_refused 127.0.0.1:") == true)
        }
    }

    @Test func safeAndKeyedRequestsWaitThroughARestart() async throws {
        try await GatewayFixture.run { gateway in
            await gateway.payments.stop()
            let hall = gateway.gateway.upstreams[1].hall
            let answers = try await withThrowingTaskGroup(of: GatewayFixture.Answer.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        index % 2 == 0
                            ? try await gateway.send(.get, "/open/x")
                            : try await gateway.send(
                                .post, "/keyed", fields: [.idempotencyKey: "k-\(index)"], body: [1])
                    }
                }
                try await waitUntil("all twenty wait") { hall.count == 20 }
                try await gateway.payments.start()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status) == Array(repeating: 200, count: 20))
            #expect(gateway.payments.received.count == 20)
            #expect(hall.count == 0)
        }
    }

    @Test func waitingEndsWithTheDeadline() async throws {
        let yaml = GatewayFixture.yaml.replacing("total: 20s", with: "total: 300ms").replacing(
            "per_try: 10s", with: "per_try: 300ms")
        try await GatewayFixture.run(yaml) { gateway in
            await gateway.payments.stop()
            let answer = try await gateway.send(.get, "/open/x")
            #expect(answer.status == 503)
            #expect(gateway.gateway.upstreams[1].hall.count == 0)
        }
    }

    @Test func aFullRoomRefuses() async throws {
        let yaml = GatewayFixture.yaml.replacing(
            "url: ${PAYMENTS}", with: "url: ${PAYMENTS}\n    waiting: { capacity: 0 }")
        try await GatewayFixture.run(yaml) { gateway in
            await gateway.payments.stop()
            try await gateway.expect(503, .get, "/open/x")
        }
    }
}
