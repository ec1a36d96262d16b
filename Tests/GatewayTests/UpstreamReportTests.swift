import Foundation
import HTTP
import HTTPTypes
import JSON
import Sockets
import TestSupport
import Testing

@testable import Gateway

/// What `/upstreams` on the admin port says, field by field.
@Suite struct UpstreamReportTests {
    private static func yaml(_ more: String) -> String {
        """
        upstreams:
          both:
            endpoints: [{ url: "${USERS}", weight: 3 }, { url: "${PAYMENTS}" }]
            timeouts: { connect: 30s, per_try: 60s, total: 120s }
            retries: { attempts: 0 }
            \(more)
        routes:
          - { name: open, path: /open/*, upstream: both, auth: public, strip_prefix: /open }
        """
    }

    private static func report(_ gateway: GatewayFixture) throws -> JSONValue {
        var json = JSONWriter(capacity: 1_024)
        UpstreamReport(gateway: gateway.gateway).write(to: &json)
        let report = try JSONValue(parsing: json.bytes)
        return try #require(report["upstreams"]?.array?.first)
    }

    private static func address(_ report: JSONValue, _ service: RecordingUpstream) throws -> JSONValue {
        try #require(report["addresses"]?.array?.first { $0["address"]?.string == "127.0.0.1:\(service.port)" })
    }

    private static func names(_ value: JSONValue) -> Set<String> { Set((value.object ?? []).map(\.name)) }

    private static let always: Set = ["address", "weight", "fit", "in_flight", "requests", "latency_us"]

    @Test func anUpstreamAtRestSaysOnlyWhatThereIs() async throws {
        try await GatewayFixture.run(Self.yaml("balance: round_robin")) { gateway in
            for _ in 0..<16 { try await gateway.expect(200, .get, "/open/x") }
            let report = try Self.report(gateway)
            #expect(report["name"]?.string == "both")
            #expect(report["waiting"]?.integer == 0)
            #expect(report["breaker"]?.string == "closed")
            #expect(report["panic"]?.bool == false)
            #expect(report["addresses"]?.array?.count == 2)
            for (service, weight) in [(gateway.users, Int64(3)), (gateway.payments, 1)] {
                let address = try Self.address(report, service)
                #expect(Self.names(address) == Self.always)
                #expect(address["weight"]?.integer == weight)
                #expect(address["fit"]?.bool == true)
                #expect(address["in_flight"]?.integer == 0)
                #expect(address["requests"]?.integer == Int64(service.received.count))
                #expect(try #require(address["latency_us"]?.integer) > 0)
            }
        }
    }

    @Test func anEjectedAddressSaysWhyAndForHowLong() async throws {
        let more = """
            outliers: { failures: 1, ejection: 1h, maximum_ejection: 1h }
                health: { path: /well, interval: 100ms }
            """
        try await GatewayFixture.run(Self.yaml(more)) { gateway in
            gateway.users.answer { $0.target == "/well" ? .text("yes") : .text("no", status: .badGateway) }
            let upstream = gateway.gateway.upstreams[0]
            try await waitUntil("both were checked, and one answered wrongly", timeout: .seconds(60)) {
                upstream.check(now: CoarseClock.milliseconds())
                if upstream.members.allSatisfy({ !$0.outlier.isEjected }) {
                    _ = try await gateway.send(.get, "/open/x")
                }
                return upstream.members.allSatisfy(\.health.isKnown) && upstream.members[0].outlier.isEjected
            }
            let report = try Self.report(gateway)
            let ejected = try Self.address(report, gateway.users)
            #expect(Self.names(ejected) == Self.always.union(["healthy", "ejected_for_ms", "ejected_because"]))
            #expect(ejected["fit"]?.bool == false)
            #expect(ejected["healthy"]?.bool == true)
            #expect(ejected["ejected_because"]?.string == "status")
            #expect((1...3_600_000).contains(try #require(ejected["ejected_for_ms"]?.integer)))
            let other = try Self.address(report, gateway.payments)
            #expect(Self.names(other) == Self.always.union(["healthy"]))
            #expect(other["fit"]?.bool == true)
        }
    }

    @Test func addressesThatFailTheirChecksMakeForPanic() async throws {
        try await GatewayFixture.run(Self.yaml("health: { path: /well, interval: 100ms }")) { gateway in
            for service in [gateway.users, gateway.payments] {
                service.answer { _ in .text("ill", status: .internalServerError) }
            }
            let upstream = gateway.gateway.upstreams[0]
            try await waitUntil("both are unhealthy", timeout: .seconds(60)) {
                upstream.check(now: CoarseClock.milliseconds())
                return upstream.members.allSatisfy { !$0.health.isHealthy }
            }
            let report = try Self.report(gateway)
            #expect(report["panic"]?.bool == true)
            for service in [gateway.users, gateway.payments] {
                let address = try Self.address(report, service)
                #expect(address["healthy"]?.bool == false)
                #expect(address["fit"]?.bool == false)
            }
        }
    }

    @Test func requestsInFlightAreShown() async throws {
        try await GatewayFixture.run(Self.yaml("")) { gateway in
            let gate = Gate()
            for service in [gateway.users, gateway.payments] {
                service.answer { _ in
                    await gate.pass()
                    return .text("done")
                }
            }
            async let answer = gateway.send(.get, "/open/x")
            try await waitUntil("it has arrived", timeout: .seconds(60)) {
                gateway.users.received.count + gateway.payments.received.count == 1
            }
            let shown = try Self.report(gateway)["addresses"]?.array?.compactMap { $0["in_flight"]?.integer } ?? []
            #expect(shown.sorted() == [0, 1])
            gate.open()
            #expect(try await answer.status == 200)
        }
    }

    @Test func anOpenBreakerIsShown() async throws {
        try await GatewayFixture.run(Self.yaml("breaker: { minimum: 1, error_percent: 1, open: 10m }")) { gateway in
            for service in [gateway.users, gateway.payments] {
                service.answer { _ in .text("no", status: .badGateway) }
            }
            try await gateway.expect(502, .get, "/open/x")
            #expect(try Self.report(gateway)["breaker"]?.string == "open")
            try await gateway.expect(503, .get, "/open/x")
        }
    }

    @Test func whoWaitsForAnAddressIsShown() async throws {
        try await GatewayFixture.run(Self.yaml("waiting: { capacity: 10, time: 60s }")) { gateway in
            await gateway.users.stop()
            await gateway.payments.stop()
            async let answer = gateway.send(.get, "/open/x")
            try await waitUntil("it waits", timeout: .seconds(60)) {
                try Self.report(gateway)["waiting"]?.integer == 1
            }
            try await gateway.payments.start()
            #expect(try await answer.status == 200)
            #expect(try Self.report(gateway)["waiting"]?.integer == 0)
        }
    }

    /// The table in the guide lists every field, and no other.
    @Test func everyFieldIsDocumented() throws {
        let page = try DocumentationTests.page("operations.md")
        let section = try #require(page.components(separatedBy: "### What `/upstreams` says").dropFirst().first)
        let table = section.components(separatedBy: "\n### ").first ?? ""
        let documented = Set(table.matches(of: #/(?m)^\| `(?<name>[a-z_]+)` \|/#).map { String($0.name) })
        let conditional: Set = ["healthy", "ejected_for_ms", "ejected_because"]
        let upstream: Set = ["name", "waiting", "breaker", "panic", "addresses"]
        #expect(documented == upstream.union(Self.always).union(conditional))
    }
}
