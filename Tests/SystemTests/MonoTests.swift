import Foundation
import HTTPTypes
import JSON
import Sockets
import TelemetrySupport
import TestSupport
import Testing

/// `tollgate mono` as a process: the same system, only that its services call each other without a socket.
@Suite(.serialized) struct MonoTests {
    @Test(.timeLimit(.minutes(3))) func passesTheDemoLeavesTheLedgerCleanAndStopsInOrder() async throws {
        let system = try await RunningSystem("mono", environment: ["RATE_LIMITS": "off", "LOG_FORMAT": "json"])
        let process = try #require(system.up.processIdentifier)
        #expect(try await !ProcessList.now().contains { $0.parent == process && !$0.isZombie })
        let demo = RunningProgram(Programs.tollgate, ["demo", "--url", "http://127.0.0.1:\(system.port)"])
        #expect(await demo.exitStatus() == 0, "\(demo.output)")
        // Nobody listens where the services would, and each has its admin port.
        for port in [system.port + 1, system.port + 2] { try Listener.probe(.loopback(port: port)) }
        for (index, name) in ["gateway", "user-service", "payments-service"].enumerated() {
            let admin = APIClient(port: system.port + 1000 + index)
            #expect(try await admin.send(.get, "/readyz").status == 200)
            #expect(try await admin.send(.get, "/version").text.contains(name))
        }
        try await expectCleanLedger(system)
        system.up.send(SIGTERM)
        #expect(await system.up.exitStatus() == 0)
        for service in ["gateway", "user-service", "payments-service"] {
            #expect(lines(system, of: service, saying: "ready") == 1)
            #expect(lines(system, of: service, saying: "drained") == 1)
            #expect(lines(system, of: service, saying: "request") > 0)
        }
        let stopped = system.up.lines.filter { $0.contains(#""message":"stopped""#) }
        #expect(stopped.count == 3)
        #expect(stopped.first?.contains(#""service":"gateway""#) == true)
        try await expectCleanLedger(system)
    }

    /// Payments under way when SIGTERM comes are answered, and none of them is lost.
    @Test(.timeLimit(.minutes(3))) func drainsWhatIsUnderWay() async throws {
        let system = try await RunningSystem("mono")
        let ada = try await Person(system.api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000_000, to: one)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                var step = 0
                group.addTask {
                    try await load.runUntilRefused {
                        step += 1
                        return try await ada.pay(1, from: one, to: two, key: "d-\(worker)-\(step)")
                    }
                }
            }
            try await load.waitForAnswers(50)
            system.up.send(SIGTERM)
            try await group.waitForAll()
        }
        #expect(load.failures.isEmpty, "\(load.failures.first ?? "")")
        #expect(await system.up.exitStatus() == 0)
        try await expectCleanLedger(system)
    }

    /// One data directory, whichever of the two runs on it.
    @Test(.timeLimit(.minutes(3))) func goesOnWithTheDataOfTheOther() async throws {
        let system = try await RunningSystem("mono")
        let ada = try await Person(system.api)
        #expect(await system.stop() == 0)
        let up = RunningProgram(
            Programs.tollgate, ["up", "--data", system.data, "--port", "\(system.port)"],
            environment: ["RATE_LIMITS": "off"])
        defer { up.send(SIGTERM) }
        try await waitUntil("the system is ready again", timeout: .seconds(90)) {
            up.hasEnded || up.output.contains("Tollgate is ready")
        }
        #expect(try await system.api.send(.get, "/api/v1/users/me", token: ada.token).status == 200)
        let other = RunningProgram(
            Programs.tollgate, ["mono", "--data", system.data, "--port", "\(try PortBlock().first)"])
        #expect(await other.exitStatus() == 1)
        #expect(other.output.contains("is in use by another"))
    }

    @Test func saysWhichSettingIsWrong() async throws {
        let directory = try TemporaryDirectory()
        let program = RunningProgram(
            Programs.tollgate, ["mono", "--data", directory.file("data"), "--port", "\(try PortBlock().first)"],
            environment: ["SESSION_IDLE_DAYS": "never", "LOG_LEVEL": "loud"])
        #expect(await program.exitStatus() == 1)
        #expect(program.lines.count == 1)
        #expect(program.output.contains("LOG_LEVEL"))
    }

    // MARK: - The same as three processes

    /// The same lines to both, one after the other: the same status, the same fields, and the same body but for ids and
    /// times.
    @Test(.timeLimit(.minutes(3))) func answersAsThreeProcessesDo() async throws {
        let mono = try await RunningSystem("mono")
        let seen = try await Self.answers(of: mono.api)
        let expected = try await Self.answers(of: try await SharedSystem.system.api)
        #expect(seen.count == expected.count)
        for (one, other) in zip(seen, expected) { #expect(one == other, "\(one.line)") }
        #expect(await mono.stop() == 0)
    }

    private struct Seen: Equatable {
        var line: String
        var status: Int
        var fields: [String]
        var body: JSONValue
    }

    private static func answers(of api: APIClient) async throws -> [Seen] {
        let ada = try await Person(api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(5_000, to: one)
        let payment: JSONValue = [
            "source": .string(one), "destination": ["account": .string(two)], "amount": 100, "currency": "USD",
        ]
        let missing = "acct_" + String(repeating: "0", count: 26)
        let key = "mono-\(UInt64.random(in: .min ... .max))"
        var seen: [Seen] = []
        func ask(
            _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, raw: String? = nil,
            token: String? = ada.token, key: String? = nil, fields: [String: String] = [:]
        ) async throws {
            let answer = try await api.send(
                method, path, body, raw: raw.map { Array($0.utf8) }, token: token, key: key, fields: fields)
            // Its value depends on when somebody asked before.
            let changing = ["date", "x-request-id", "etag", "ratelimit", "last-modified", "location", "content-length"]
            seen.append(
                Seen(
                    line: "\(method) \(path.replacing(one, with: "…"))", status: answer.status,
                    fields: answer.fields.filter { !changing.contains($0.name.canonicalName) }
                        .map { "\($0.name.canonicalName): \($0.value)" }.sorted(),
                    body: AnswerShape.of(answer.body).replacing(ada.email)))
        }
        try await ask(.get, "/api/v1/users/me")
        try await ask(.head, "/api/v1/users/me")
        try await ask(.get, "/api/v1/users/me", token: nil)
        try await ask(.get, "/api/v1/users/me", token: "wrong")
        try await ask(.get, "/api/v1/accounts/\(one)")
        try await ask(.get, "/api/v1/accounts/\(missing)")
        try await ask(.get, "/api/v1/accounts?limit=1&cursor=broken")
        try await ask(.post, "/api/v1/payments", payment, key: key)
        try await ask(.post, "/api/v1/payments", payment, key: key)
        try await ask(.post, "/api/v1/payments", payment)
        try await ask(.post, "/api/v1/payments", ["source": .string(one)], key: key + "-2")
        try await ask(.post, "/api/v1/payments", raw: "{\"source\":", key: key + "-3")
        try await ask(.post, "/api/v1/payments", raw: String(repeating: "x", count: 2 << 20), key: key + "-4")
        try await ask(.get, "/api/v1/payments?limit=5")
        try await ask(.get, "/api/v1/overview")
        try await ask(.get, "/api/v1/nothing")
        try await ask(.delete, "/api/v1/accounts")
        // Without the body: each system has keys of its own.
        try await ask(.head, "/.well-known/jwks.json", token: nil, fields: ["If-None-Match": "\"none\""])
        // A payee by e-mail: payments-service asks user-service.
        try await ask(
            .post, "/api/v1/payments",
            [
                "source": .string(one), "destination": ["email": "nobody@example.com"], "amount": 1, "currency": "USD",
            ], key: key + "-5")
        return seen
    }

    /// A call inside the process leaves the spans that a call over a socket does.
    @Test(.timeLimit(.minutes(3))) func tracesAsThreeProcessesDo() async throws {
        var trees: [String] = []
        for command in ["mono", "up"] {
            let receiver = try await TraceReceiver()
            let system = try await RunningSystem(
                command,
                environment: [
                    "RATE_LIMITS": "off", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
                    "OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_TRACES_SAMPLER": "always_on",
                ])
            let ada = try await Person(system.api)
            let account = try await ada.openAccount()
            try await ada.deposit(500, to: account)
            let trace = command == "up" ? "0af7651916cd43dd8448eb211c80319c" : "0af7651916cd43dd8448eb211c80319d"
            // An unknown payee: the gateway calls payments-service, which calls user-service.
            let answer = try await system.api.send(
                .post, "/api/v1/payments",
                [
                    "source": .string(account), "destination": ["email": "nobody@example.com"], "amount": 1,
                    "currency": "USD",
                ], token: ada.token, key: "traced", fields: ["traceparent": "00-\(trace)-b7ad6b7169203331-01"])
            #expect(answer.status == 422, "\(answer.text)")
            try await waitUntil("the spans of all three", timeout: .seconds(30)) {
                Set(receiver.trace(trace).filter { $0.kind == 2 }.map(\.service)).count == 3
            }
            #expect(await system.stop() == 0)
            trees.append(receiver.tree(trace))
            #expect(receiver.faults.isEmpty)
            await receiver.stop()
        }
        #expect(trees[0] == trees[1])
        #expect(trees[0].contains("user-service: "))
    }

    /// The feed of events is a stream that goes on; it ends with the process, in time.
    @Test(.timeLimit(.minutes(3))) func streamsEventsThrough() async throws {
        let system = try await RunningSystem("mono")
        let ada = try await Person(system.api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(500, to: one)
        let curl = RunningProgram(
            "/bin/sh",
            [
                "-c",
                "curl -sN http://127.0.0.1:\(system.port)/api/v1/events/stream -H 'Authorization: Bearer \(ada.token)'",
            ])
        // One after the other until one is seen: nothing tells from outside when the stream has begun.
        var step = 0
        try await waitUntil("an event of a payment", timeout: .seconds(60)) {
            step += 1
            _ = try await ada.pay(1, from: one, to: two, key: "s-\(step)")
            return curl.output.contains("payment.succeeded")
        }
        #expect(await system.stop() == 0)
        _ = await curl.exitStatus()
    }

    // MARK: - Support

    private func expectCleanLedger(_ system: RunningSystem) async throws {
        let verify = RunningProgram(Programs.tollgate, ["verify", "--data", system.data])
        #expect(await verify.exitStatus() == 0, "\(verify.output)")
    }

    private func lines(_ system: RunningSystem, of service: String, saying message: String) -> Int {
        system.up.lines.count {
            $0.contains("\"service\":\"\(service)\"") && $0.contains("\"message\":\"\(message)\"")
        }
    }
}

extension JSONValue {
    /// The value with a text of the test's own, such as its e-mail, masked.
    fileprivate func replacing(_ own: String) -> JSONValue {
        switch self {
        case .string(let text): .string(text == own ? "<own>" : text)
        case .array(let elements): .array(elements.map { $0.replacing(own) })
        case .object(let members): .object(members.map { .init(name: $0.name, value: $0.value.replacing(own)) })
        case .null, .bool, .integer, .number: self
        }
    }
}
