import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import TollgateTool

/// `tollgate up` as a process: what it refuses, how it watches over its children, how it stops.
@Suite(.serialized) struct UpTests {
    @Test func startsStopsAndKeepsTheDataPrivate() async throws {
        let system = try await RunningSystem()
        #expect(try permissions(system.data) == 0o700)
        #expect(try permissions("\(system.data)/keys/admin/token") == 0o600)
        for service in ["gateway", "user-service", "payments-service"] {
            #expect(try await system.processes(of: service).count == 1, "\(service)")
            #expect(try permissions("\(system.data)/keys/\(service)/identity.pem") == 0o600)
        }
        #expect(system.up.output.contains("curl -s http://127.0.0.1:\(system.port)/api/v1/users"))
        #expect(await system.stop() == 0)
    }

    @Test func dataSurvivesARestart() async throws {
        let system = try await RunningSystem()
        let ada = try await Person(system.api)
        #expect(await system.stop() == 0)
        try await expectToWorkAgain(system, for: ada)
    }

    /// Nothing of a killed `up` stays behind: its children stop by themselves, and the next one finds ports and data free.
    @Test func killedUpTakesItsChildrenAlong() async throws {
        let system = try await RunningSystem()
        let ada = try await Person(system.api)
        var children: [Int32] = []
        for service in ["gateway", "user-service", "payments-service"] {
            children += try await system.processes(of: service)
        }
        #expect(children.count == 3)
        system.up.send(SIGKILL)
        #expect(await system.up.exitStatus() == nil)
        try await waitUntil("the children have ended", timeout: .seconds(20)) {
            let running = try await ProcessList.now().filter { !$0.isZombie }.map(\.process)
            return Set(children).isDisjoint(with: running)
        }
        try await expectToWorkAgain(system, for: ada)
    }

    @Test func aChildThatDiesIsStartedAgain() async throws {
        let system = try await RunningSystem()
        let victim = try #require(try await system.processes(of: "user-service").first)
        kill(victim, SIGKILL)
        try await waitUntil("user-service runs again", timeout: .seconds(30)) {
            try await system.processes(of: "user-service").contains { $0 != victim }
        }
        try await waitUntil("it answers again", timeout: .seconds(30)) { (try? await Person(system.api)) != nil }
        #expect(system.up.output.contains("user-service died"))
        #expect(await system.stop() == 0)
    }

    @Test(.timeLimit(.minutes(2))) func fiveDeathsInAMinuteEndEverything() async throws {
        let system = try await RunningSystem()
        var killed: Set<Int32> = []
        while !system.up.hasEnded {
            for process in try await system.processes(of: "payments-service") where killed.insert(process).inserted {
                kill(process, SIGKILL)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(killed.count == 5)
        #expect(await system.up.exitStatus() == 1)
        #expect(system.up.output.contains("giving up"))
    }

    @Test func portInUse() async throws {
        let system = try await SharedSystem.system
        let other = try TemporaryDirectory()
        try await expectRefusal(
            ["up", "--data", other.file("data"), "--port", "\(system.port)"], "port \(system.port) (gateway) is in use")
    }

    @Test func directoryInUse() async throws {
        let system = try await SharedSystem.system
        let ports = try PortBlock()
        try await expectRefusal(
            ["up", "--data", system.data, "--port", "\(ports.first)"], "is in use by another `tollgate up`")
    }

    @Test func dataIsAFile() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("", to: "file")
        let ports = try PortBlock()
        try await expectRefusal(["up", "--data", file, "--port", "\(ports.first)"], "is a file")
    }

    /// A folder below a file can be made by nobody, not even by root.
    @Test func dataCannotBeCreated() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("", to: "file")
        try await expectRefusal(["up", "--data", "\(file)/data"], "cannot create \(file)/data")
    }

    @Test(.enabled(if: geteuid() != 0, "root reads everything")) func dataCannotBeRead() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o000])
        try await expectRefusal(["up", "--data", data], "cannot use \(data)")
    }

    /// It is told, and left as it is: it may be a folder that was named by mistake.
    @Test(arguments: [0o755, 0o770, 0o701, 0o777]) func dataIsOpenToOthers(mode: Int) async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: data)
        try await expectRefusal(["up", "--data", data], "is open to others (mode 0")
        #expect(try permissions(data) == mode)
        #expect(try FileManager.default.contentsOfDirectory(atPath: data) == [])
    }

    @Test func missingProgram() async throws {
        let directory = try TemporaryDirectory()
        let copy = directory.file("tollgate")
        try FileManager.default.copyItem(atPath: Programs.tollgate, toPath: copy)
        let ports = try PortBlock()
        let program = RunningProgram(copy, ["up", "--data", directory.file("data"), "--port", "\(ports.first)"])
        #expect(await program.exitStatus() == 1)
        #expect(program.lines.count == 1)
        #expect(program.output.contains("gateway is missing"))
    }

    @Test func portOutOfRange() async throws {
        let program = RunningProgram(Programs.tollgate, ["up", "--port", "70000"])
        #expect(await program.exitStatus() == 64)
        #expect(program.output.contains("--port must be from 1 to"))
    }

    @Test func checkTellsByItsStatus() async throws {
        let system = try await SharedSystem.system
        let ready = "http://127.0.0.1:\(system.port + 1000)/readyz"
        #expect(await RunningProgram(Programs.tollgate, ["check", ready]).exitStatus() == 0)
        let missing = "http://127.0.0.1:\(system.port)/api/v1/nothing"
        #expect(await RunningProgram(Programs.tollgate, ["check", missing]).exitStatus() == 1)
        #expect(await RunningProgram(Programs.tollgate, ["check", "http://127.0.0.1:9/"]).exitStatus() == 1)
    }

    @Test func demoPasses() async throws {
        let system = try await SharedSystem.system
        let demo = RunningProgram(Programs.tollgate, ["demo", "--url", "http://127.0.0.1:\(system.port)"])
        #expect(await demo.exitStatus() == 0, "\(demo.output)")
        #expect(demo.output.contains("The demo passed"))
    }

    /// Neither passwords, nor tokens, nor e-mail addresses in anything that the services wrote.
    @Test func logsHoldNoSecrets() async throws {
        let system = try await RunningSystem(environment: ["RATE_LIMITS": "off", "LOG_LEVEL": "trace"])
        let ada = try await Person(system.api)
        _ = try await system.api.send(.get, "/api/v1/users/me?email=\(ada.email)", token: ada.token)
        #expect(await system.stop() == 0)
        let output = system.up.output
        #expect(output.contains("/users/me"))
        for secret in [Person.password, ada.token, ada.refreshToken, ada.email] { #expect(!output.contains(secret)) }
    }

    /// A child that does not end by itself is killed after its time, and the others are stopped in order all the same.
    @Test(.timeLimit(.minutes(2))) func aChildThatIgnoresSIGTERMIsKilled() async throws {
        let system = try await RunningSystem(environment: ["RATE_LIMITS": "observe"])
        let deaf = try #require(try await system.processes(of: "payments-service").first)
        kill(deaf, SIGSTOP)
        let clock = ContinuousClock()
        let began = clock.now
        #expect(await system.stop() == 0)
        #expect(clock.now - began >= .seconds(ServicePlan.graceSeconds))
        #expect(system.up.output.contains("Rate limits are observed only"))
        #expect(system.up.output.contains("payments-service did not stop within 5 s: killed"))
        #expect(try await !ProcessList.now().contains { $0.process == deaf && !$0.isZombie })
    }

    /// Services start before the gateway, and stop after it: no request finds a gateway with nothing behind it.
    @Test func startsAndStopsInOrder() async throws {
        let system = try await RunningSystem()
        #expect(await system.stop() == 0)
        // Read at the end: a line may come later than what it tells.
        #expect(system.up.output.contains("Rate limits are off"))
        let started = Self.services(in: system.up.lines, saying: "ready")
        #expect(Set(started.prefix(2)) == ["user-service", "payments-service"], "\(started)")
        #expect(started.last == "gateway", "\(started)")
        let stopped = Self.services(in: system.up.lines, saying: "stopped")
        #expect(stopped.first == "gateway", "\(stopped)")
        #expect(stopped.count == 3, "\(stopped)")
    }

    /// The services whose lines say this, in the order of the lines.
    private static func services(in lines: [String], saying word: String) -> [String] {
        lines.compactMap { line in
            let parts = line.split(separator: "  ", omittingEmptySubsequences: true).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            return parts.contains(word)
                ? parts.first { ["gateway", "user-service", "payments-service"].contains($0) } : nil
        }
    }

    /// The readiness source of other platforms carries a whole system here too.
    @Test func dispatchCarriesTheSystem() async throws {
        let system = try await RunningSystem(environment: ["RATE_LIMITS": "off", "TOLLGATE_READINESS": "dispatch"])
        let demo = RunningProgram(Programs.tollgate, ["demo", "--url", "http://127.0.0.1:\(system.port)"])
        #expect(await demo.exitStatus() == 0, "\(demo.output)")
        #expect(await system.stop() == 0)
    }

    private func expectRefusal(_ arguments: [String], _ text: String) async throws {
        let program = RunningProgram(Programs.tollgate, arguments)
        #expect(await program.exitStatus() == 1)
        #expect(program.lines.count == 1, "\(program.output)")
        #expect(program.output.contains(text), "\(program.output)")
    }

    /// Another `up` on the system's data and port starts, and knows who was there before.
    private func expectToWorkAgain(_ system: RunningSystem, for person: Person) async throws {
        let again = RunningProgram(
            Programs.tollgate, ["up", "--data", system.data, "--port", "\(system.port)"],
            environment: ["RATE_LIMITS": "off"])
        defer { again.send(SIGTERM) }
        try await waitUntil("the system is ready again", timeout: .seconds(60)) {
            again.hasEnded || again.output.contains("Tollgate is ready")
        }
        #expect(!again.hasEnded, "\(again.output)")
        #expect(try await system.api.send(.get, "/api/v1/users/me", token: person.token).status == 200)
        again.send(SIGTERM)
        #expect(await again.exitStatus() == 0)
    }

    private func permissions(_ path: String) throws -> Int {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}
