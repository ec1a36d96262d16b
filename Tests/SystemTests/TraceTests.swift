import Foundation
import HTTP
import HTTPTypes
import JSON
import TelemetrySupport
import TestSupport
import Testing

/// Traces over real processes: what a collector gets, what log lines say, what the tool draws.
@Suite struct TraceTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let clientSpan = "b7ad6b7169203331"
    private static let statements: Set<String> = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]

    private func environment(_ receiver: TraceReceiver, _ more: [String: String] = [:]) -> [String: String] {
        [
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_BSP_MAX_QUEUE_SIZE": "100000", "LOG_FORMAT": "json",
        ].merging(more) { $1 }
    }

    private func pay(
        _ person: Person, _ account: String, trace: String = TraceTests.trace, fields: [String: String] = [:]
    ) async throws -> APIClient.Answer {
        try await person.api.send(
            .post, "/api/v1/payments?note=planted-query-value",
            [
                "source": .string(account), "destination": ["account": .string(account)], "amount": 1,
                "currency": "USD", "description": "planted-body-value",
            ], token: person.token, key: "planted-key-value",
            fields: ["traceparent": "00-\(trace)-\(Self.clientSpan)-01"].merging(fields) { $1 })
    }

    @Test func aPaymentIsOneTreeThroughBothServicesAndItsSecretsStayOut() async throws {
        let receiver = try await TraceReceiver()
        let system = try await DirectSystem(environment: environment(receiver))
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        try await ada.deposit(500, to: account)
        let other = try await ada.openAccount()
        let answer = try await ada.api.send(
            .post, "/api/v1/payments?note=planted-query-value",
            [
                "source": .string(account), "destination": ["account": .string(other)], "amount": 1,
                "currency": "USD", "description": "planted-body-value",
            ], token: ada.token, key: "planted-key-value",
            fields: [
                "traceparent": "00-\(Self.trace)-\(Self.clientSpan)-00", "tracestate": "vendor=1",
                "baggage": "planted=baggage", "X-Request-Id": "request-of-the-test",
            ])
        #expect(answer.status == 201, "\(answer.text)")
        try await waitUntil("both services' spans", timeout: .seconds(30)) {
            Set(receiver.trace(Self.trace).filter { $0.kind == 2 }.map(\.service)) == ["gateway", "payments-service"]
        }
        let hidden = Self.statements.union(["lookup", "read"])
        #expect(
            receiver.tree(Self.trace, leavingOut: hidden) == """
                gateway: POST /api/v1/payments
                  gateway: rate_limit
                  gateway: authenticate
                  gateway: rate_limit
                  gateway: POST
                    payments-service: POST /v1/payments
                      payments-service: write
                        payments-service: event
                """)
        let spans = receiver.trace(Self.trace)
        #expect(receiver.faults.isEmpty)
        let edge = try #require(spans.first { $0.service == "gateway" && $0.kind == 2 })
        #expect(edge.parentID == Self.clientSpan)
        #expect(edge.json["traceState"]?.string == "vendor=1")
        #expect(edge.attribute("http.route") == "/api/v1/payments")
        #expect(edge.attribute("url.path") == "/api/v1/payments")
        #expect(edge.attribute("http.request.method") == "POST")
        #expect(edge.attribute("http.response.status_code") == "201")
        #expect(edge.attribute("client.address") == "127.0.0.1")
        #expect(edge.attribute("tollgate.caller") == ada.id)
        #expect(edge.attribute("tollgate.request_id") == "request-of-the-test")
        #expect(edge.attribute("tollgate.upstream") == "payments-service")
        #expect(!edge.hasFailed)
        let check = try #require(spans.first { $0.name == "authenticate" })
        #expect(check.attribute("tollgate.auth.method") == "token")
        let call = try #require(spans.first { $0.service == "gateway" && $0.kind == 3 })
        #expect(call.attribute("server.address") == "127.0.0.1" && call.attribute("http.response.status_code") == "201")
        #expect(call.attribute("http.request.resend_count") == nil)
        let write = try #require(spans.first { $0.name == "write" })
        #expect(write.attribute("db.system.name") == "sqlite")
        #expect((Int(write.attribute("tollgate.db.commit.batch_size") ?? "") ?? 0) >= 1)
        let insert = try #require(spans.first { $0.name == "INSERT" })
        #expect(insert.attribute("db.query.text")?.contains("?") == true)
        for span in spans { #expect(edge.start <= span.start && span.end <= edge.end, "\(span.json)") }

        // The same ids in the log, and nothing that was planted anywhere.
        await system.stopAll()
        for service in ["gateway", "payments-service"] {
            let server = try #require(spans.first { $0.service == service && $0.kind == 2 })
            let lines = system.output(service).split(separator: "\n")
            let access = lines.filter { $0.contains(Self.trace) && $0.contains(#""message":"request""#) }
            #expect(access.count == 1)
            #expect(access.allSatisfy { $0.contains("\"span_id\":\"\(server.id)\"") })
        }
        for request in receiver.requests {
            let text = String(decoding: request.body, as: UTF8.self)
            for secret in ["planted", ada.email, ada.token, Person.password] { #expect(!text.contains(secret)) }
        }
        await receiver.stop()
    }

    @Test func aServiceThatIsGoneIsTriedAndTheErrorSaysWhichTraceItIs() async throws {
        let receiver = try await TraceReceiver()
        // Nothing is sampled: the failure alone makes the gateway export.
        let system = try await DirectSystem(
            environment: environment(
                receiver,
                [
                    "RATE_LIMITS": "off", "OTEL_TRACES_SAMPLER": "always_off", "TRACES_SLOW_MILLISECONDS": "0",
                ]))
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        // A sign-up that was shed (503) on a busy machine is a failure too.
        let failed = receiver.spans.filter { $0.kind == 2 }.allSatisfy { $0.hasFailed }
        #expect(failed)
        await system.stop("payments-service", with: SIGKILL)
        let answer = try await pay(ada, account)
        #expect(answer.status == 503)
        #expect(answer.body["trace_id"] == .string(Self.trace))
        try await waitUntil("the failure", timeout: .seconds(30)) { !receiver.trace(Self.trace).isEmpty }
        let spans = receiver.trace(Self.trace)
        let edge = try #require(spans.first { $0.kind == 2 })
        #expect(edge.hasFailed && edge.attribute("error.type") == "503")
        #expect(edge.attribute("tollgate.reason")?.hasPrefix("connection_refused") == true)
        let tries = spans.filter { $0.kind == 3 }.sorted { $0.start < $1.start }
        #expect(tries.count > 1)
        #expect(tries.allSatisfy { $0.hasFailed && $0.parentID == edge.id })
        #expect(tries.first?.attribute("error.type") == "connection_refused")
        #expect(
            tries.prefix(3).map { $0.attribute("http.request.resend_count") }
                == [nil, "1", "2"].prefix(min(3, tries.count)).map { $0 })
        await system.stopAll()
        await receiver.stop()
    }

    @Test func aLoginShowsItsPasswordHashAndADepositItsProcessor() async throws {
        let receiver = try await TraceReceiver()
        let system = try await DirectSystem(environment: environment(receiver, ["RATE_LIMITS": "off"]))
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        try await ada.deposit(5, to: account)
        try await waitUntil("the processor's span", timeout: .seconds(30)) {
            receiver.spans.contains { $0.name == "processor" } && receiver.spans.contains { $0.name == "password_hash" }
        }
        let all = receiver.spans
        let hash = try #require(all.first { $0.name == "password_hash" })
        let login = try #require(all.first { $0.id == hash.parentID })
        #expect(login.service == "user-service" && login.kind == 2)
        let processor = try #require(all.first { $0.name == "processor" })
        #expect(processor.attribute("tollgate.processor.operation") == "deposit")
        #expect(all.contains { $0.id == processor.parentID && $0.name == "POST /v1/deposits" })
        await system.stopAll()
        #expect(receiver.faults.isEmpty)
        await receiver.stop()
    }

    @Test func anAggregateHasASpanForEachPartWithItsCallsBelow() async throws {
        let receiver = try await TraceReceiver()
        let system = try await DirectSystem(environment: environment(receiver, ["RATE_LIMITS": "off"]))
        let ada = try await Person(system.api)
        let answer = try await system.api.send(
            .get, "/api/v1/overview", token: ada.token,
            fields: ["traceparent": "00-\(Self.trace)-\(Self.clientSpan)-00"])
        #expect(answer.status == 200)
        try await waitUntil("all services' spans", timeout: .seconds(30)) {
            Set(receiver.trace(Self.trace).filter { $0.kind == 2 }.map(\.service)).count == 3
        }
        let spans = receiver.trace(Self.trace)
        let edge = try #require(spans.first { $0.service == "gateway" && $0.kind == 2 })
        #expect(edge.name == "GET /api/v1/overview")
        let parts = spans.filter { $0.name == "part" }
        #expect(Set(parts.compactMap { $0.attribute("tollgate.part") }).count == parts.count && parts.count > 1)
        for part in parts {
            #expect(part.parentID == edge.id)
            let call = try #require(spans.first { $0.parentID == part.id })
            #expect(call.name == "GET" && call.kind == 3)
            #expect(spans.contains { $0.parentID == call.id && $0.kind == 2 && $0.service != "gateway" })
        }
        await system.stopAll()
        await receiver.stop()
    }

    @Test func whatAProcessStillHasIsSentWhenItStops() async throws {
        let receiver = try await TraceReceiver()
        let system = try await DirectSystem(
            environment: environment(receiver, ["OTEL_BSP_SCHEDULE_DELAY": "3600000", "RATE_LIMITS": "off"]))
        let answer = try await system.api.send(.get, "/api/v1/accounts")
        #expect(answer.status == 401)
        let trace = try #require(answer.body["trace_id"]?.string)
        #expect(receiver.trace(trace).isEmpty)
        #expect(await system.stop("gateway") == 0)
        #expect(receiver.tree(trace).hasPrefix("gateway: GET /api/v1/accounts"))
        #expect(receiver.trace(trace).first { $0.name == "authenticate" }?.hasFailed == true)
        await system.stopAll()
        await receiver.stop()
    }

    @Test func aCollectorThatHangsCostsNobodyAnything() async throws {
        let receiver = try await TraceReceiver { _ in
            try await Task.sleep(for: .seconds(3_600))
            return Response(status: .ok)
        }
        let limits = ["OTEL_BSP_MAX_QUEUE_SIZE": "20", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10", "RATE_LIMITS": "off"]
        let system = try await DirectSystem(
            environment: environment(receiver, limits.merging(["TRACES_FLUSH_SECONDS": "1"]) { $1 }))
        let began = ContinuousClock.now
        for _ in 0..<200 { #expect(try await system.api.send(.get, "/api/v1/accounts").status == 401) }
        #expect(ContinuousClock.now - began < .seconds(30))
        let admin = APIClient(port: system.port + 1_000)
        try await waitUntil("the hanging request") { !receiver.requests.isEmpty }
        let metrics = try await Exposition(admin)
        #expect(metrics.sum(of: "traces_queued_spans") <= 20)
        #expect(metrics.sum(of: "traces_lost_spans_total") > 100)
        let stopped = ContinuousClock.now
        #expect(await system.stop("gateway") == 0)
        #expect(ContinuousClock.now - stopped < .seconds(20))
        await system.stopAll()
        await receiver.stop()
    }

    /// The commands of docs/observability/traces.md, as they stand but for the folder and the id.
    @Test func theToolListsAndDrawsTracesOfAllServices() async throws {
        let system = try await RunningSystem()
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        _ = try await ada.api.send(
            .get, "/api/v1/accounts/\(account)", token: ada.token,
            fields: ["traceparent": "00-\(Self.trace)-\(Self.clientSpan)-01"])
        let commands = try Document("docs/observability/traces.md").blocks.first { $0.language == "sh" }?.commands
        #expect(try #require(commands).count == 2)
        let list = await run("traces", "--route", "/api/v1/accounts/{id}", "--data", system.data)
        #expect(list.contains(Self.trace) && list.contains("gateway") && !list.contains("POST"))
        let errors = await run("traces", "--errors", "--data", system.data)
        #expect(!errors.contains(Self.trace))
        let drawn = await run("trace", Self.trace, "--data", system.data)
        let lines = drawn.split(separator: "\n")
        #expect(lines.first?.hasPrefix("trace \(Self.trace)") == true)
        #expect(lines.dropFirst().first?.hasPrefix("gateway: GET /api/v1/accounts/{id} ") == true)
        #expect(lines.contains { $0.hasPrefix("    payments-service: GET /v1/accounts/{id} ") }, "\(drawn)")
        let json = try JSONValue(parsing: Array(await run("trace", Self.trace, "--json", "--data", system.data).utf8))
        #expect(json["spans"]?.array?.isEmpty == false)
        #expect(await run("trace", String(repeating: "1", count: 32), "--data", system.data).contains("no service"))
        // Without the token nothing is shown.
        let admin = APIClient(port: system.port + 1_000)
        #expect(try await admin.send(.get, "/traces").status == 401)
        #expect(await system.stop() == 0)
    }

    private func run(_ arguments: String...) async -> String {
        let program = RunningProgram(Programs.tollgate, arguments)
        _ = await program.exitStatus()
        return program.output
    }
}
