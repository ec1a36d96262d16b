import Chassis
import HTTP
import HTTPTypes
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite struct ThrottleTests {
    private static let yaml = GatewayFixture.yaml
        .replacing(
            "url: ${PAYMENTS}", with: "url: ${PAYMENTS}\n    throttle: { in_flight: 2, queue: 2, queue_time: 30s }"
        )
        .replacing(
            "  - { name: big,",
            with: """
                  - { name: pay, path: /pay, upstream: payments, auth: public, priority: high }
                  - { name: one, path: /one, upstream: users, auth: public, throttle: { in_flight: 1, queue: 0 } }
                  - { name: big,
                """)

    private func throttle(_ gateway: GatewayFixture, _ kind: Throttle.Subject.Kind, _ name: String) throws -> Throttle {
        try #require(gateway.gateway.throttles.find(kind, name))
    }

    @Test func whoFindsNoPlaceWaitsOrIsSentAway() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let gate = Gate()
            gateway.payments.answer { _ in
                await gate.pass()
                return .text("done")
            }
            let throttle = try throttle(gateway, .upstream, "payments")
            try await withThrowingTaskGroup(of: (String, Int).self) { group in
                for index in 0..<4 { group.addTask { ("open", try await gateway.send(.get, "/open/\(index)").status) } }
                try await waitUntil("two are inside and two wait") { throttle.inFlight == 2 && throttle.waiting == 2 }
                let refused = try await gateway.send(.get, "/open/more")
                #expect(refused.status == 503)
                #expect(refused.fields[.retryAfter] == "1")
                #expect(refused.text.contains("\"code\":\"overloaded\""))
                #expect(gateway.observed.notes.last?.reason == "throttled")
                // One of a higher class takes the place of one who waits.
                group.addTask { ("pay", try await gateway.send(.get, "/pay").status) }
                let away = try await group.next()
                #expect(away?.0 == "open" && away?.1 == 503)
                #expect(throttle.waiting == 2)
                gate.open()
                var answers: [String] = []
                for try await (name, status) in group { answers.append("\(name) \(status)") }
                #expect(answers.sorted() == ["open 200", "open 200", "open 200", "pay 200"])
            }
            try await waitUntil("everybody has left") { throttle.inFlight == 0 }
            #expect(throttle.waiting == 0)
            #expect(gateway.payments.received.count == 4)
        }
    }

    @Test func theTimeInTheQueueIsBounded() async throws {
        let yaml = Self.yaml.replacing("queue_time: 30s", with: "queue_time: 50ms")
        try await GatewayFixture.run(yaml) { gateway in
            let gate = Gate()
            gateway.payments.answer { _ in
                await gate.pass()
                return .text("done")
            }
            let throttle = try throttle(gateway, .upstream, "payments")
            async let first = gateway.send(.get, "/open/1").status
            async let second = gateway.send(.get, "/open/2").status
            try await waitUntil("both are inside") { throttle.inFlight == 2 }
            try await gateway.expect(503, .get, "/open/3")
            #expect(throttle.waiting == 0)
            gate.open()
            #expect(try await [first, second] == [200, 200])
        }
    }

    @Test func theCountReturnsToZeroWhateverBecomesOfTheAnswers() async throws {
        let yaml = Self.yaml.replacing("in_flight: 2, queue: 2", with: "in_flight: 50, queue: 0")
            .replacing("per_try: 10s, total: 20s", with: "per_try: 300ms, total: 300ms")
        try await GatewayFixture.run(yaml) { gateway in
            gateway.payments.answer { received in
                switch received.target {
                case "/fails": throw Problem(.internalServerError, "broken")
                case "/hangs":
                    try await Task.sleep(for: .seconds(30))
                    return .empty()
                case "/streams", "/breaks":
                    let breaks = received.target == "/breaks"
                    return Response(
                        body: .stream(length: nil) { writer in
                            for index in 0..<50 {
                                if breaks, index == 10 { throw Problem.internalError }
                                try await writer.write([UInt8](repeating: 0x61, count: 4_096))
                            }
                        })
                case "/endless":
                    return Response(
                        body: .stream(length: nil) { writer in
                            while true { try await writer.write([UInt8](repeating: 0x61, count: 65_536)) }
                        })
                default: return .text("fine")
                }
            }
            let throttle = try throttle(gateway, .upstream, "payments")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for target in ["fine", "fails", "hangs", "streams", "breaks"] {
                    for method in [HTTPRequest.Method.get, .head, .post] {
                        group.addTask { _ = try? await gateway.send(method, "/open/\(target)") }
                    }
                }
                try await group.waitForAll()
            }
            // Clients that go away in the middle of an answer, and before it.
            for target in ["endless", "endless", "hangs"] {
                let client = try RawClient(port: gateway.port)
                try client.send("GET /open/\(target) HTTP/1.1\r\nHost: gateway\r\n\r\n")
                if target == "endless" { _ = try client.read(upTo: 1_000) }
                client.close()
            }
            try await waitUntil("everybody has left") { throttle.inFlight == 0 }
            try await gateway.expect(200, .get, "/open/fine")
            // The client has its answer a moment before the place is given back.
            try await waitUntil("the last one has left") { throttle.inFlight == 0 }
        }
    }

    @Test func aRouteHasItsOwnPlaces() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let gate = Gate()
            gateway.users.answer { received in
                if received.target == "/one" { await gate.pass() }
                return .text("done")
            }
            let throttle = try throttle(gateway, .route, "one")
            async let first = gateway.send(.get, "/one").status
            try await waitUntil("one is inside") { throttle.inFlight == 1 }
            try await gateway.expect(503, .get, "/one")
            try await gateway.expect(200, .get, "/open/x")
            gate.open()
            #expect(try await first == 200)
            try await waitUntil("it has left") { throttle.inFlight == 0 }
        }
    }

    /// Which upstream a request goes to is known once its side is chosen: the place is taken then.
    @Test func aSplitTakesThePlaceOfTheChosenSide() async throws {
        let yaml = Self.yaml
            .replacing(
                "url: ${USERS}", with: "url: ${USERS}\n    throttle: { in_flight: 1, queue: 0 }"
            )
            .replacing(
                "  - { name: big,",
                with: """
                      - name: canary
                        path: /canary
                        auth: public
                        split: [{ upstream: users, weight: 100 }, { upstream: payments, weight: 0 }]
                        throttle: { in_flight: 2, queue: 0 }
                      - { name: big,
                    """)
        try await GatewayFixture.run(yaml) { gateway in
            let gate = Gate()
            gateway.users.answer { _ in
                await gate.pass()
                return .text("done")
            }
            let (side, route) = (
                try throttle(gateway, .upstream, "users"), try throttle(gateway, .route, "canary")
            )
            async let first = gateway.send(.get, "/canary").status
            try await waitUntil("one is inside") { side.inFlight == 1 }
            #expect(route.inFlight == 1)
            let refused = try await gateway.send(.get, "/canary")
            #expect(refused.status == 503 && refused.text.contains("overloaded"))
            #expect(try throttle(gateway, .upstream, "payments").inFlight == 0)
            gate.open()
            #expect(try await first == 200)
            try await waitUntil("it has left") { side.inFlight == 0 && route.inFlight == 0 }
        }
    }

    @Test func whoMayNotComeTakesNoPlace() async throws {
        let yaml = Self.yaml.replacing("path: /closed,", with: "path: /closed, throttle: { in_flight: 1 },")
        try await GatewayFixture.run(yaml) { gateway in
            for _ in 0..<3 { try await gateway.expect(401, .get, "/closed") }
            #expect(try throttle(gateway, .route, "closed").inFlight == 0)
        }
    }
}
