import HTTP
import HTTPTypes
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// The caps on the connections to an address and on those who wait for one. One loop, so that nothing is shared out.
@Suite struct UpstreamLimitTests {
    /// A service that answers nobody before it is told to, and counts who is inside.
    private final class HeldService: Sendable {
        private let gate = Gate()
        private let inside = Mutex((now: 0, most: 0))

        func open() { gate.open() }
        var count: Int { inside.withLock { $0.now } }
        var most: Int { inside.withLock { $0.most } }

        @Sendable func answer(_ received: RecordingUpstream.Received) async throws -> Response {
            inside.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            defer { inside.withLock { $0.now -= 1 } }
            await gate.pass()
            return .text("done")
        }
    }

    private static func run(
        limits: String, _ body: @Sendable (GatewayFixture, HeldService) async throws -> Void
    ) async throws {
        let yaml = """
            upstreams:
              one:
                url: ${PAYMENTS}
                timeouts: { connect: 30s, per_try: 60s, total: 120s }
                limits: \(limits)
            routes:
              - { name: open, path: /open/*, upstream: one, auth: public, strip_prefix: /open }
            """
        try await GatewayFixture.run(yaml, loops: 1) { gateway in
            let service = HeldService()
            gateway.payments.answer(service.answer)
            try await body(gateway, service)
        }
    }

    private static func refusals(_ gateway: GatewayFixture) -> [AccessNotes.Note] {
        gateway.observed.notes.filter { $0.status == 503 }
    }

    @Test(arguments: [(1, 0), (2, 0), (2, 3), (3, 1)])
    func whatComesOnTopOfConnectionsAndQueueIsRefusedAtOnce(connections: Int, pending: Int) async throws {
        let limits = "{ connections: \(connections), pending: \(pending) }"
        try await Self.run(limits: limits) { gateway, service in
            let surplus = 4
            try await withThrowingTaskGroup(of: GatewayFixture.Answer.self) { group in
                for _ in 0..<connections + pending + surplus {
                    group.addTask { try await gateway.send(.post, "/open/x", body: [1]) }
                }
                try await waitUntil("the surplus is refused while the others are held", timeout: .seconds(60)) {
                    Self.refusals(gateway).count == surplus && service.count == connections
                }
                service.open()
                var statuses: [Int: Int] = [:]
                for try await answer in group {
                    statuses[answer.status, default: 0] += 1
                    guard answer.status == 503 else { continue }
                    #expect(answer.text.contains("\"code\":\"upstream_overloaded\""))
                    #expect(answer.fields[.retryAfter] == "1")
                }
                #expect(statuses == [200: connections + pending, 503: surplus])
            }
            #expect(service.most == connections, "never more connections than allowed")
            #expect(Self.refusals(gateway).allSatisfy { $0.reason == "pool_exhausted" && $0.upstream == "one" })
            // What was refused has cost nothing: the next one is served.
            try await gateway.expect(200, .get, "/open/x")
        }
    }

    /// Somebody who stops waiting leaves their place to another one.
    @Test func whoGoesAwayGivesUpTheirPlaceInTheQueue() async throws {
        try await Self.run(limits: "{ connections: 1, pending: 1 }") { gateway, service in
            async let first = gateway.send(.get, "/open/first")
            try await waitUntil("the first is held", timeout: .seconds(60)) { service.count == 1 }
            let second = Task { try await gateway.send(.get, "/open/second") }
            try await waitUntil("the second waits", timeout: .seconds(60)) { await Self.waiting(gateway) == 1 }
            second.cancel()
            try await waitUntil("it has gone", timeout: .seconds(60)) { await Self.waiting(gateway) == 0 }
            async let third = gateway.send(.get, "/open/third")
            try await waitUntil("the third waits in its place", timeout: .seconds(60)) {
                await Self.waiting(gateway) == 1
            }
            service.open()
            #expect(try await first.status == 200)
            #expect(try await third.status == 200)
            #expect(gateway.payments.received.map(\.target) == ["/first", "/third"])
        }
    }

    /// Those who wait for a connection to the upstream. The test's own requests never wait for one to the gateway.
    private static func waiting(_ gateway: GatewayFixture) async -> Int {
        await gateway.client.poolStates().reduce(0) { $0 + $1.waiting }
    }
}
