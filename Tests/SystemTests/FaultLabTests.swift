import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import TollgateTool

/// The fault lab of real processes, by the tool that operators have.
@Suite(.serialized) struct FaultLabTests {
    /// A system whose lab is on, and somebody with an account in it.
    private struct Lab {
        let system: DirectSystem
        let ada: Person
        let account: String

        init() async throws {
            system = try await DirectSystem(environment: ["RATE_LIMITS": "off", "FAULT_LAB": "on"])
            ada = try await Person(system.api)
            account = try await ada.openAccount()
        }

        /// Runs `tollgate faults` against the admin port of one service.
        func tool(_ verb: String, _ service: String, _ arguments: String...) async throws -> (
            status: Int32?, text: String
        ) {
            let plan = try #require(system.plans[service])
            let tool = RunningProgram(
                Programs.tollgate,
                ["faults", verb] + (verb == "list" ? [] : [service]) + arguments
                    + ["--url", plan.adminURL, "--token-file", "\(system.data)/keys/admin/token"])
            return (await tool.exitStatus(), tool.output)
        }

        /// Begins a fault and returns its id.
        func begin(_ service: String, _ kind: String, _ arguments: String...) async throws -> String {
            let plan = try #require(system.plans[service])
            let tool = RunningProgram(
                Programs.tollgate,
                ["faults", "add", service, kind] + arguments
                    + ["--url", plan.adminURL, "--token-file", "\(system.data)/keys/admin/token"])
            #expect(await tool.exitStatus() == 0, "\(tool.output)")
            return String(tool.output.prefix { $0 != " " })
        }

        func clear(_ service: String) async throws {
            let (status, text) = try await tool("clear", service)
            #expect(status == 0, "\(text)")
        }

        /// Pays money in once, whatever the answer is.
        func deposit(_ key: String) async throws -> APIClient.Answer {
            try await system.api.sendOnce(
                .post, "/api/v1/deposits",
                .object([
                    .init(name: "account", value: .string(account)), .init(name: "amount", value: .integer(100)),
                    .init(name: "source", value: .string("card_ok")),
                ]), token: ada.token, key: key)
        }

        func verify() async {
            let tool = RunningProgram(Programs.tollgate, ["verify", "--data", system.data])
            #expect(await tool.exitStatus() == 0, "\(tool.output)")
        }

        func admin(_ service: String) throws -> APIClient {
            APIClient(port: try #require(system.plans[service]).adminPort)
        }
    }

    @Test func theToolBeginsListsAndEnds() async throws {
        let lab = try await Lab()
        let id = try await lab.begin(
            "gateway", "error", "--status", "504", "--route", "/api/v1/accounts", "--percentage", "100", "--for", "600")
        let refused = try await lab.system.api.sendOnce(.get, "/api/v1/accounts", token: lab.ada.token)
        #expect(refused.status == 504)
        #expect(refused.body["code"] == "injected_fault")
        #expect(refused.field("Tollgate-Fault") == id)
        #expect(try await lab.system.api.send(.get, "/api/v1/users/me", token: lab.ada.token).status == 200)

        let list = try await lab.tool("list", "gateway")
        #expect(
            list.text.contains("\(id)  gateway  error  status=504  route=/api/v1/accounts  percentage=100  strikes=1"))
        let unfit = try await lab.tool("add", "gateway", "blocked_database")
        #expect(unfit.status == 1 && unfit.text.contains("does not fit this service"))
        #expect(try await lab.tool("clear", "gateway", "--id", id).status == 0)
        #expect(try await lab.tool("clear", "gateway", "--id", id).status == 1)
        #expect(try await lab.tool("list", "gateway").text.contains("No fault is active."))
        #expect(try await lab.system.api.send(.get, "/api/v1/accounts", token: lab.ada.token).status == 200)
        await lab.system.stopAll()
    }

    @Test func theLinesOfThePageWork() async throws {
        let system = try await RunningSystem(environment: ["FAULT_LAB": "on"])
        let block = try #require(try Document("docs/observability/fault-lab.md").blocks.first { $0.language == "sh" })
        for command in block.commands {
            let line = command.replacing(".build/release", with: Programs.folder) + " --data \(system.data)"
            let shell = RunningProgram("/bin/sh", ["-euc", line])
            #expect(await shell.exitStatus() == 0, "\(command): \(shell.output)")
        }
        #expect(await system.stop() == 0)
    }

    /// The routes of the console's panel: for admins who have the admin token too, for all services.
    @Test func adminsDoItThroughTheGateway() async throws {
        let system = try await DirectSystem(environment: [
            "RATE_LIMITS": "off", "FAULT_LAB": "on", "ADMIN_EMAIL": "root@example.com",
            "ADMIN_PASSWORD": "the first admin's own",
        ])
        let login = try await Person.patiently {
            try await system.api.send(
                .post, "/api/v1/sessions", ["email": "root@example.com", "password": "the first admin's own"])
        }
        let admin = try #require(login.body["access_token"]?.string)
        let secret = try String(contentsOfFile: "\(system.data)/keys/admin/token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let faults = "/api/v1/admin/faults"
        let key = ["Tollgate-Admin-Token": secret]

        // Nobody without the role, and who has it changes nothing without the token.
        let ada = try await Person(system.api)
        #expect(try await system.api.sendOnce(.get, faults).status == 401)
        let error: JSONValue = ["service": "payments-service", "kind": "error", "route": "/v1/accounts"]
        #expect(try await system.api.sendOnce(.post, faults, error, token: ada.token, fields: key).status == 403)
        for token in [nil, "", "wrong"] {
            let fields = token.map { ["Tollgate-Admin-Token": $0] } ?? [:]
            let refused = try await system.api.sendOnce(.post, faults, error, token: admin, fields: fields)
            #expect(refused.status == 403 && refused.body["code"] == "admin_token_required")
            for path in [faults, "\(faults)/payments-service/flt_1"] {
                #expect(try await system.api.sendOnce(.delete, path, token: admin, fields: fields).status == 403)
            }
        }

        for service in ["gateway", "user-service", "payments-service"] {
            let begun = try await system.api.sendOnce(
                .post, faults,
                ["service": .string(service), "kind": "error", "route": service == "gateway" ? "/api/*" : "/v1/*"],
                token: admin, fields: key)
            #expect(begun.status == 201, "\(service): \(begun.body)")
            // Its own routes go on.
            let list = try await system.api.sendOnce(.get, faults, token: admin)
            let entry = try #require(list.body["services"]?.array?.first { $0["service"]?.string == service })
            #expect(entry["state"] == "on")
            let id = try #require(begun.body["id"]?.string)
            #expect(entry["data"]?.array?.map { $0["id"]?.string } == [id])
            let path = service == "user-service" ? "/api/v1/users/me" : "/api/v1/accounts"
            let struck = try await system.api.sendOnce(.get, path, token: ada.token)
            #expect(struck.status == 503 && struck.body["code"] == "injected_fault")
            #expect(struck.field("Tollgate-Fault") == id)
            let end = "\(faults)/\(service)/\(id)"
            #expect(try await system.api.sendOnce(.delete, end, token: admin, fields: key).status == 204)
            #expect(try await system.api.sendOnce(.delete, end, token: admin, fields: key).status == 404)
            #expect(try await system.api.send(.get, path, token: ada.token).status == 200)
        }
        for wrong: JSONValue in [["kind": "error"], ["service": "other", "kind": "error"]] {
            let answer = try await system.api.sendOnce(.post, faults, wrong, token: admin, fields: key)
            #expect(answer.status == 422)
            #expect(answer.body["errors"]?[0]?["pointer"] == "/service")
        }
        let unfit: JSONValue = ["service": "user-service", "kind": "slow_downstream"]
        #expect(try await system.api.sendOnce(.post, faults, unfit, token: admin, fields: key).status == 422)
        #expect(try await system.api.sendOnce(.post, faults, error, token: admin, fields: key).status == 201)
        #expect(try await system.api.sendOnce(.delete, faults, token: admin, fields: key).status == 204)
        #expect(try await system.api.send(.get, "/api/v1/accounts", token: ada.token).status == 200)
        #expect(!system.output.contains(secret))

        // A service that is gone says so.
        await system.stop("payments-service")
        let list = try await system.api.sendOnce(.get, faults, token: admin)
        #expect(list.body["services"]?.array?.map { $0["state"]?.string } == ["on", "on", "unreachable"])
        await system.stopAll()
    }

    @Test func oneUpstreamIsSlow() async throws {
        let lab = try await Lab()
        let id = try await lab.begin(
            "gateway", "slow_downstream", "--upstream", "payments-service", "--milliseconds", "200")
        let began = ContinuousClock.now
        let slow = try await lab.system.api.send(.get, "/api/v1/accounts", token: lab.ada.token)
        #expect(ContinuousClock.now - began >= .milliseconds(200))
        #expect(slow.status == 200 && slow.field("Tollgate-Fault") == id)
        let fast = try await lab.system.api.send(.get, "/api/v1/users/me", token: lab.ada.token)
        #expect(fast.status == 200 && fast.field("Tollgate-Fault") == nil)
        // As many bytes a second at most.
        try await lab.clear("gateway")
        _ = try await lab.begin(
            "gateway", "slow_downstream", "--upstream", "payments-service", "--milliseconds", "0", "--bytes-per-second",
            "400")
        let paced = ContinuousClock.now
        let answer = try await lab.system.api.send(.get, "/api/v1/accounts", token: lab.ada.token)
        let seconds = Double(answer.text.utf8.count) / 400
        #expect(answer.status == 200 && seconds > 0.2)
        #expect(ContinuousClock.now - paced >= .seconds(seconds * 0.9))
        await lab.system.stopAll()
    }

    @Test func aBlockedDatabaseGoesOnAfterwards() async throws {
        let lab = try await Lab()
        #expect(try await lab.deposit("before").status == 201)
        _ = try await lab.begin("payments-service", "blocked_database")
        async let held = lab.deposit("held")
        let admin = try lab.admin("payments-service")
        try await waitUntil("it waits", timeout: .seconds(60)) {
            try await admin.send(.get, "/metrics").text.contains(#"database_queue_length{queue="write"} 1"#)
        }
        // Reads go on, and so do probes.
        #expect(try await lab.system.api.send(.get, "/api/v1/accounts", token: lab.ada.token).status == 200)
        #expect(try await admin.send(.get, "/readyz").status == 200)
        try await lab.clear("payments-service")
        #expect(try await held.status == 201)
        #expect(try await lab.ada.posted(lab.account) == 200)

        // A service that is told to stop does not wait for the fault's end.
        _ = try await lab.begin("payments-service", "blocked_database", "--for", "600")
        #expect(await lab.system.stop("payments-service") == 0)
        await lab.verify()
        await lab.system.stopAll()
    }

    @Test func aFullQueueRefusesWrites() async throws {
        let lab = try await Lab()
        _ = try await lab.begin("payments-service", "full_queue")
        #expect(try await lab.deposit("refused").status == 503)
        #expect(try await lab.system.api.send(.get, "/api/v1/accounts", token: lab.ada.token).status == 200)
        try await lab.clear("payments-service")
        #expect(try await lab.deposit("refused").status == 201)
        _ = try await lab.begin("gateway", "full_queue", "--route", "/api/v1/accounts")
        let shed = try await lab.system.api.sendOnce(.get, "/api/v1/accounts", token: lab.ada.token)
        #expect(shed.status == 503 && shed.body["code"] == "overloaded" && shed.field("Retry-After") == "1")
        await lab.system.stopAll()
    }

    @Test func aCrashComesAfterTheAnswerAndLosesNothing() async throws {
        let lab = try await Lab()
        _ = try await lab.begin("payments-service", "crash", "--route", "/v1/deposits")
        #expect(try await lab.deposit("last-words").status == 201)
        try await waitUntil("its end", timeout: .seconds(60)) { lab.system.hasEnded("payments-service") }
        #expect(lab.system.output("payments-service").contains("The fault lab ends the process"))
        try await lab.system.start("payments-service")
        let again = try await lab.deposit("last-words")
        #expect(again.status == 201 && again.field("Idempotent-Replayed") == "true")
        #expect(try await lab.tool("list", "payments-service").text.contains("No fault is active."))
        await lab.verify()
        await lab.system.stopAll()
    }

    @Test func theClockIsOffAndRightAgain() async throws {
        let lab = try await Lab()
        let createdAt = { (key: String) async throws -> Date in
            let text = try #require(try await lab.deposit(key).body["created_at"]?.string)
            let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            return try format.parse(text)
        }
        // Behind by less than what tokens between services are refused for.
        _ = try await lab.begin("payments-service", "clock_skew", "--seconds=-8")
        #expect(try await createdAt("early").timeIntervalSinceNow < -7.9)
        try await lab.clear("payments-service")
        let began = Date()
        #expect(try await createdAt("now") > began - 1)
        await lab.system.stopAll()
    }

    @Test func memoryGrowsAndIsGivenBack() async throws {
        let lab = try await Lab()
        let admin = try lab.admin("payments-service")
        let memory = { () async throws -> Double in
            let text = try await admin.send(.get, "/metrics").text
            let line = try #require(
                text.split(separator: "\n").first { $0.hasPrefix("process_resident_memory_bytes ") })
            return try #require(Double(line.split(separator: " ")[1])) / Double(1 << 20)
        }
        let before = try await memory()
        _ = try await lab.begin(
            "payments-service", "memory_growth", "--mebibytes-per-second", "256", "--ceiling-mebibytes", "128")
        try await waitUntil("more", timeout: .seconds(60)) { try await memory() > before + 120 }
        try await lab.clear("payments-service")
        try await waitUntil("as before", timeout: .seconds(60)) { try await memory() < before + 60 }
        await lab.system.stopAll()
    }

    /// Payments amid everything that can go wrong: whoever gets an answer gets the right one, and the books are right.
    @Test func theBooksAreRightAfterAGameOfFaults() async throws {
        let lab = try await Lab()
        for (service, kind, arguments) in [
            ("payments-service", "latency", ["--milliseconds", "5", "--jitter", "20"]),
            ("payments-service", "error", ["--percentage", "20"]),
            ("payments-service", "drop", ["--percentage", "10", "--at", "after"]),
            ("payments-service", "drop", ["--percentage", "10", "--at", "middle"]),
            ("payments-service", "full_queue", ["--percentage", "20"]),
            ("gateway", "drop", ["--percentage", "10", "--at", "after"]),
        ] {
            let plan = try #require(lab.system.plans[service])
            let tool = RunningProgram(
                Programs.tollgate,
                ["faults", "add", service, kind, "--for", "600"] + arguments
                    + ["--url", plan.adminURL, "--token-file", "\(lab.system.data)/keys/admin/token"])
            #expect(await tool.exitStatus() == 0, "\(tool.output)")
        }
        let count = 40
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    // Until somebody says that it is done; the key makes sure that it is done once.
                    while true {
                        if let answer = try? await lab.deposit("game-\(number)"), answer.status == 201 { return }
                        try Task.checkCancellation()
                    }
                }
            }
            try await group.waitForAll()
        }
        let strikes = try await lab.admin("payments-service").send(.get, "/metrics").text
        #expect(!strikes.contains(#"tollgate_faults_injected_total{kind="error"} 0"#))
        for service in ["payments-service", "gateway"] { try await lab.clear(service) }
        #expect(try await lab.ada.posted(lab.account) == Int64(count) * 100)
        await lab.verify()
        await lab.system.stopAll()
    }
}
