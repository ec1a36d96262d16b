import HTTP
import HTTPTypes
import JSON
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// A gateway in front of an upstream with two addresses: those of the fixture's `users` and `payments`.
@Suite struct UpstreamTests {
    private static func yaml(_ more: String = "", retries: String = "") -> String {
        """
        upstreams:
          both:
            endpoints: [{ url: "${USERS}" }, { url: "${PAYMENTS}" }]
            timeouts: { connect: 5s, per_try: 10s, total: 20s }
            retries: { attempts: 2, backoff: 1ms, maximum_backoff: 2ms\(retries) }
            \(more)
        routes:
          - { name: open, path: /open/*, upstream: both, auth: public, strip_prefix: /open }
          - { name: keyed, path: /keyed, methods: [POST], upstream: both, auth: public, idempotency: key }
        """
    }

    private static func run(
        _ more: String = "", retries: String = "", _ body: @Sendable (GatewayFixture, Upstream) async throws -> Void
    ) async throws {
        try await GatewayFixture.run(yaml(more, retries: retries)) { gateway in
            try await body(gateway, gateway.gateway.upstreams[0])
        }
    }

    private static func address(_ upstream: Upstream, _ service: RecordingUpstream) -> UpstreamStatus.Address? {
        upstream.status(now: CoarseClock.milliseconds()).addresses.first { $0.address.hasSuffix(":\(service.port)") }
    }

    // MARK: - Balance

    @Test(arguments: ["least_request", "round_robin"])
    func bothAddressesAreUsed(policy: String) async throws {
        try await Self.run("balance: \(policy)") { gateway, upstream in
            for _ in 0..<40 { try await gateway.expect(200, .get, "/open/x") }
            #expect(gateway.users.received.count > 5)
            #expect(gateway.payments.received.count > 5)
            let status = upstream.status(now: CoarseClock.milliseconds())
            #expect(status.addresses.map(\.requests).reduce(0, +) == 40)
            #expect(status.addresses.allSatisfy { $0.inFlight == 0 && $0.isFit })
        }
    }

    @Test func aKeyStaysAtItsAddress() async throws {
        try await Self.run("balance: hash\n    hash: { header: X-Session }") { gateway, _ in
            for session in 0..<8 {
                let before = gateway.users.received.count
                for _ in 0..<5 {
                    _ = try await gateway.send(.get, "/open/x", fields: [.init("X-Session")!: "\(session)"])
                }
                #expect([0, 5].contains(gateway.users.received.count - before))
            }
            #expect(gateway.users.received.count + gateway.payments.received.count == 40)
        }
    }

    @Test func anAnswerIsInFlightUntilItsLastByte() async throws {
        let gate = Mutex(false)
        try await Self.run { gateway, upstream in
            for service in [gateway.users, gateway.payments] {
                service.answer { _ in
                    Response(
                        body: .stream(length: nil) { writer in
                            try await writer.write(Array("begin".utf8))
                            while !gate.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
                            try await writer.write(Array("end".utf8))
                        })
                }
            }
            async let answer = gateway.send(.get, "/open/x")
            try await waitUntil("in flight") { upstream.inFlight == 1 }
            try await waitUntil("the head is there") { upstream.members.contains { $0.endpoint.answers == 1 } }
            #expect(upstream.inFlight == 1)
            gate.withLock { $0 = true }
            #expect(try await answer.text == "beginend")
            try await waitUntil("it is over") { upstream.inFlight == 0 }
        }
    }

    // MARK: - Another address

    @Test(arguments: [HTTPRequest.Method.get, .post])
    func whenOneIsGoneTheOtherOneAnswersEverything(method: HTTPRequest.Method) async throws {
        try await Self.run(retries: ", budget_percent: 0, minimum_per_second: 0") { gateway, upstream in
            await gateway.users.stop()
            for _ in 0..<60 {
                let answer = try await gateway.send(method, "/open/x", body: method == .post ? [1] : [])
                #expect(answer.status == 200)
            }
            #expect(gateway.payments.received.count == 60)
            let gone = try #require(Self.address(upstream, gateway.users))
            #expect(gone.cause == "connection")
            #expect(!gone.isFit)
        }
    }

    @Test func aRetryGoesElsewhere() async throws {
        try await Self.run { gateway, upstream in
            gateway.users.answer { _ in .text("no", status: .badGateway) }
            for _ in 0..<40 { try await gateway.expect(200, .get, "/open/x") }
            #expect(gateway.users.received.count == 5, "then it is left out")
            #expect(gateway.payments.received.count == 40)
            #expect(Self.address(upstream, gateway.users)?.cause == "status")
        }
    }

    @Test func aServiceThatLimitsItsLoadIsWell() async throws {
        // Forty requests in no time may need twenty retries: the budget is not what this is about.
        try await Self.run(retries: ", budget_percent: 100") { gateway, upstream in
            gateway.users.answer { _ in
                Response(status: .serviceUnavailable, fields: [.retryAfter: "1"], body: .bytes([]))
            }
            for _ in 0..<40 { try await gateway.expect(200, .get, "/open/x") }
            #expect(Self.address(upstream, gateway.users)?.isFit == true)
        }
    }

    @Test func anAddressThatFallsSilentIsLeftOut() async throws {
        try await Self.run("outliers: { silence: 100ms }") { gateway, upstream in
            gateway.users.answer { _ in
                try await Task.sleep(for: .seconds(30))
                return .empty()
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Some of these hang; they are given up with the test. That all of them go to the other one is as good as
                // impossible.
                for _ in 0..<40 { group.addTask { _ = try? await gateway.send(.post, "/open/x", body: [1]) } }
                // From then on the silent one has more in flight, and the next request goes to the other one.
                try await waitUntil("all have arrived", timeout: .seconds(9)) {
                    gateway.users.received.count + gateway.payments.received.count >= 40
                }
                try await waitUntil("it is left out", timeout: .seconds(60)) {
                    // What the watch does ten times a second; a request in its place may hang at the silent one itself.
                    upstream.review(now: CoarseClock.milliseconds())
                    return Self.address(upstream, gateway.users)?.cause == "silence"
                }
                group.cancelAll()
            }
        }
    }

    // MARK: - Breaker and caps

    @Test func theBreakerOpensAndCloses() async throws {
        try await Self.run("breaker: { minimum: 10, open: 200ms }") { gateway, upstream in
            for service in [gateway.users, gateway.payments] {
                service.answer { _ in .text("no", status: .badGateway) }
            }
            try await waitUntil("the breaker is open", timeout: .seconds(60)) {
                _ = try await gateway.send(.post, "/open/x", body: [1])
                return upstream.status(now: 0).breaker != .closed
            }
            let asked = gateway.users.received.count + gateway.payments.received.count
            let refused = try await gateway.send(.get, "/open/x")
            if gateway.users.received.count + gateway.payments.received.count == asked {
                #expect(refused.status == 503)
                #expect(refused.fields[.retryAfter] == "1")
                #expect(refused.text.contains("\"code\":\"upstream_unavailable\""))
                #expect(gateway.observed.notes.last?.reason == "breaker_open")
            }
            for service in [gateway.users, gateway.payments] { service.answer { _ in .text("yes") } }
            try await waitUntil("the breaker is closed", timeout: .seconds(60)) {
                try await gateway.send(.get, "/open/x").status == 200
            }
            #expect(upstream.status(now: 0).breaker == .closed)
            let isGuarded = upstream.isGuarded.load(ordering: .relaxed)
            #expect(!isGuarded)
        }
    }

    @Test func requestsBeyondTheCapAreRefused() async throws {
        let gate = Mutex(false)
        try await Self.run("limits: { requests: 3 }") { gateway, upstream in
            for service in [gateway.users, gateway.payments] {
                service.answer { _ in
                    while !gate.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
                    return .text("done")
                }
            }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 { group.addTask { try await gateway.send(.get, "/open/x").status } }
                try await waitUntil("three are in flight") { upstream.inFlight == 3 }
                let fourth = try await gateway.send(.get, "/open/x")
                #expect(fourth.status == 503)
                #expect(fourth.text.contains("\"code\":\"upstream_overloaded\""))
                #expect(gateway.observed.notes.last?.reason == "upstream_requests")
                gate.withLock { $0 = true }
                for try await status in group { #expect(status == 200) }
            }
        }
    }

    // MARK: - In progress

    private static func inProgress() -> Response {
        Response(
            status: .conflict, fields: [.contentType: "application/problem+json"],
            body: .bytes(Array(#"{"status":409,"code":"idempotency_in_progress"}"#.utf8)))
    }

    @Test func whatAnOwnRetryFindsInProgressIsAskedForAgain() async throws {
        let step = Mutex(0)
        try await Self.run { gateway, _ in
            for service in [gateway.users, gateway.payments] {
                service.answer { _ in
                    let now = step.withLock { step in
                        step += 1
                        return step
                    }
                    if now == 1 { return .text("lost on the way", status: .badGateway) }
                    return now < 5 ? Self.inProgress() : .text("done")
                }
            }
            let answer = try await gateway.send(.post, "/keyed", fields: [.idempotencyKey: "k-1"], body: [1])
            #expect(answer.status == 200)
            #expect(answer.text == "done")
        }
    }

    @Test func whatIsInProgressForSomebodyElseIsHandedOnWhole() async throws {
        try await Self.run { gateway, _ in
            for service in [gateway.users, gateway.payments] { service.answer { _ in Self.inProgress() } }
            let answer = try await gateway.send(.post, "/keyed", fields: [.idempotencyKey: "k-1"], body: [1])
            #expect(answer.status == 409)
            #expect(answer.text == #"{"status":409,"code":"idempotency_in_progress"}"#)
            #expect(gateway.users.received.count + gateway.payments.received.count == 1)
        }
    }

    // MARK: - Reload

    @Test func aNewConfigurationGoesOnWithWhatIsKnown() async throws {
        try await Self.run { gateway, upstream in
            await gateway.users.stop()
            for _ in 0..<30 { try await gateway.expect(200, .get, "/open/x") }
            var changed = upstream.configuration
            changed.endpoints.append(EndpointConfiguration(host: "127.0.0.1", port: 9))
            let next = Upstream(
                changed, index: 0, metrics: upstream.metrics, surroundings: upstream.surroundings,
                inheriting: upstream)
            #expect(next.members.count == 3)
            #expect(Self.address(next, gateway.users)?.cause == "connection")
            #expect(next.tries == upstream.tries)
            #expect(next.members[1].endpoint === upstream.members[1].endpoint)
        }
    }
}
