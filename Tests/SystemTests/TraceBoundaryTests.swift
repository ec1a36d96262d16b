import Foundation
import HTTPTypes
import JSON
import TelemetrySupport
import TestSupport
import Testing

/// Where a trace leaves the system: what goes along, and what begins anew.
@Suite struct TraceBoundaryTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let clientSpan = "b7ad6b7169203331"

    @Test func aDeliveryIsATraceOfItsOwnWithALinkToItsEvent() async throws {
        let (receiver, hook) = (try await TraceReceiver(), try await CapturingServer())
        let system = try await DirectSystem(environment: [
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50", "RATE_LIMITS": "off",
            "WEBHOOK_ALLOW_HTTP": "on", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        ])
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        let made = try await system.api.send(
            .post, "/api/v1/webhook-endpoints", ["url": .string("http://127.0.0.1:\(hook.port)/hook")],
            token: ada.token)
        #expect(made.status == 201, "\(made.body)")
        let deposit = try await ada.api.send(
            .post, "/api/v1/deposits", ["account": .string(account), "amount": 500, "source": "card_ok"],
            token: ada.token, key: "first", fields: ["traceparent": "00-\(Self.trace)-\(Self.clientSpan)-01"])
        #expect(deposit.status == 201, "\(deposit.text)")
        try await waitUntil("the delivery's spans", timeout: .seconds(60)) {
            receiver.spans.contains { $0.name == "webhook" }
        }
        let all = receiver.spans
        let event = try #require(receiver.trace(Self.trace).first { $0.name == "event" })
        let delivery = try #require(all.first { $0.name == "webhook" })
        #expect(event.kind == 4 && event.attribute("tollgate.event.type") == "deposit.succeeded")
        #expect(delivery.traceID != Self.trace && delivery.parentID.isEmpty && !delivery.hasFailed)
        #expect(delivery.attribute("messaging.message.id") == event.attribute("messaging.message.id"))
        let link = try #require(delivery.links.first)
        #expect(link["traceId"]?.string == Self.trace && link["spanId"]?.string == event.id)
        let call = try #require(all.first { $0.traceID == delivery.traceID && $0.kind == 3 && $0.name == "POST" })
        #expect(call.parentID == delivery.id && call.attribute("http.response.status_code") == "204")
        // Strangers are not told of traces.
        #expect(hook.fields.allSatisfy { $0[.init("traceparent")!] == nil && $0[.init("baggage")!] == nil })
        #expect(receiver.faults.isEmpty)
        await system.stopAll()
        await receiver.stop()
        await hook.stop()
    }

    /// Whether the gateway believes its callers or not.
    @Test(arguments: [true, false]) func baggageGoesAlongWhereCallersAreTrusted(isTrusted: Bool) async throws {
        let (receiver, upstream) = (try await TraceReceiver(), try await CapturingServer())
        let gateway = try await SingleGateway(
            upstream: upstream.port, route: "",
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_TRACES_SAMPLER": "parentbased_always_off",
                "OTEL_BSP_SCHEDULE_DELAY": "50", "TRACES_TRUST_CALLER": isTrusted ? "on" : "off",
            ])
        let answer = try await gateway.api.send(
            .get, "/read",
            fields: ["traceparent": "00-\(Self.trace)-\(Self.clientSpan)-01", "baggage": "tenant=one,flag=on"])
        #expect(answer.status == 204)
        let sent = try #require(upstream.fields.first)
        #expect(sent[.init("baggage")!] == (isTrusted ? "tenant=one,flag=on" : nil))
        let parent = try #require(sent[.init("traceparent")!])
        // The trace goes on either way; whether it is sampled is the caller's choice only where that is believed.
        #expect(parent.hasPrefix("00-\(Self.trace)-") && !parent.contains(Self.clientSpan))
        #expect(parent.hasSuffix(isTrusted ? "-01" : "-00"))
        await gateway.stop()
        #expect(receiver.trace(Self.trace).isEmpty != isTrusted)
        await receiver.stop()
        await upstream.stop()
    }

    @Test func theWaitForAPlaceIsASpan() async throws {
        let (receiver, upstream) = (try await TraceReceiver(), try await CapturingServer())
        let gateway = try await SingleGateway(
            upstream: upstream.port, route: ", throttle: { in_flight: 1, queue: 10, queue_time: 30s }",
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"])
        upstream.hold(true)
        async let first = gateway.api.send(.get, "/read")
        try await waitUntil("the first one is at the upstream") { upstream.fields.count == 1 }
        async let second = gateway.api.send(
            .get, "/read", fields: ["traceparent": "00-\(Self.trace)-\(Self.clientSpan)-01"])
        try await waitUntil("the second one waits") { try await gateway.waiting() == 1 }
        upstream.hold(false)
        let statuses = (try await first.status, try await second.status)
        #expect(statuses == (204, 204))
        await gateway.stop()
        #expect(
            receiver.tree(Self.trace) == """
                gateway: GET /read
                  gateway: admission
                  gateway: GET
                """)
        // Nobody waited before.
        #expect(receiver.spans.filter { $0.name == "admission" }.count == 1)
        await receiver.stop()
        await upstream.stop()
    }
}

/// A gateway with one public route, `/read`, to one upstream.
private final class SingleGateway: Sendable {
    private let directory: TemporaryDirectory
    private let program: RunningProgram
    let api: APIClient
    private let admin: APIClient

    /// - Parameter route: Further members of the route.
    init(upstream: Int, route: String, environment: [String: String]) async throws {
        directory = try TemporaryDirectory()
        let file = directory.file("gateway.yaml")
        try """
        upstreams:
          single: { audience: none, url: "http://127.0.0.1:\(upstream)" }
        routes:
          - { name: read, path: /read, methods: [GET], upstream: single, auth: public\(route) }
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let program = RunningProgram(
            "\(Programs.folder)/gateway", [],
            environment: [
                "GATEWAY_CONFIG": file, "BIND_ADDRESS": "127.0.0.1", "PORT": "0", "ADMIN_PORT": "0",
                "LOG_FORMAT": "json", "DATA_DIR": directory.path, "DRAIN_DELAY_SECONDS": "0",
            ].merging(environment) { $1 })
        self.program = program
        (api, admin) = try await program.gatewayPorts()
    }

    /// How many requests wait for a place.
    func waiting() async throws -> Int { try await Exposition(admin).sum(of: "gateway_throttle_queued") }

    /// Ends it as an orchestrator would; what it still has is sent.
    func stop() async {
        program.send(SIGTERM)
        _ = await program.exitStatus()
    }

    deinit { program.send(SIGKILL) }
}
