import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

@testable import Gateway

/// Clients that do not wait for their answer.
@Suite(.serialized, .timeLimit(.minutes(2))) struct DepartureTests {
    enum Leaving: CaseIterable {
        case closing
        case resetting

        func perform(_ client: RawClient) {
            switch self {
            case .closing: client.close()
            case .resetting: client.reset()
            }
        }
    }

    private static let get = "GET /plain/slow HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(arguments: Leaving.allCases)
    func theServiceIsFreedOfARequestThatNobodyAwaits(_ leaving: Leaving) async throws {
        let (begun, cancelled) = (Progress(), Progress())
        let handler: Handler = { request in
            begun.add(1)
            await request.context.loop?.sleep(for: .seconds(600))
            // The service's own server has seen the gateway hang up.
            if Task.isCancelled { cancelled.add(1) }
            return .text("too late")
        }
        try await StreamingService.run(StreamingService.yaml(total: "1m"), handler: handler) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send(Self.get)
            try await waitUntil("the service is at work") { begun.count == 1 }
            leaving.perform(client)
            try await waitUntil("the service gives up", timeout: .seconds(30)) { cancelled.count == 1 }
            try await waitUntil("it is noted") { gateway.observed.notes.count == 1 }
            #expect(gateway.observed.notes[0].status == 499)
            #expect(gateway.observed.notes[0].reason == "client_gone")
            let service = try #require(gateway.gateway.upstreams.first { $0.configuration.name == "service" })
            try await waitUntil("nothing is in flight") { service.inFlight == 0 }
        }
    }

    @Test func aPlaceInTheQueueIsGivenUp() async throws {
        let (begun, gate) = (Progress(), Barrier())
        let handler: Handler = { _ in
            begun.add(1)
            await gate.pass()
            return .text("done")
        }
        let yaml = StreamingService.yaml(total: "1m").replacing(
            "name: plain, ", with: "name: plain, throttle: { in_flight: 1, queue: 5, queue_time: 1m }, ")
        try await StreamingService.run(yaml, handler: handler) { gateway in
            let throttle = try #require(gateway.gateway.throttles.find(.route, "plain"))
            let first = try RawClient(port: gateway.port)
            try first.send(Self.get)
            try await waitUntil("the first is inside") { begun.count == 1 }
            let second = try RawClient(port: gateway.port)
            try second.send(Self.get)
            try await waitUntil("the second waits") { throttle.waiting == 1 }
            second.reset()
            try await waitUntil("nobody waits any more") { throttle.waiting == 0 }
            gate.open()
            #expect(try first.readAnswer().hasSuffix("done"))
            try await waitUntil("nobody is inside") { throttle.inFlight == 0 }
            #expect(begun.count == 1)
        }
    }

    @Test func aPlaceInTheWaitingRoomIsGivenUp() async throws {
        let yaml = StreamingService.yaml(total: "1m").replacing(
            "routes:", with: "routes:\n  - { name: waits, path: /waits, upstream: payments, auth: public }"
        ).replacing("upstreams:", with: "upstreams:\n  payments: { url: \"${PAYMENTS}\", waiting: { time: 1m } }")
        try await StreamingService.run(yaml, handler: { _ in .text("") }) { gateway in
            let payments = try #require(gateway.gateway.upstreams.first { $0.configuration.name == "payments" })
            await gateway.payments.stop()
            let client = try RawClient(port: gateway.port)
            try client.send("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n")
            try await waitUntil("it waits") { payments.hall.count == 1 }
            client.reset()
            try await waitUntil("it waits no more") { payments.hall.count == 0 }
        }
    }

    @Test func aClientThatOnlyEndsItsSendingGetsItsAnswer() async throws {
        try await StreamingService.run(StreamingService.yaml(), handler: { _ in .text("still here") }) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send("GET /plain/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            client.shutdownWrite()
            #expect(try client.readTextToEnd().hasSuffix("still here"))
        }
    }
}
