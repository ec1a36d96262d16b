import Chassis
import TestSupport
import Testing

/// What containers and people ask the programs themselves: `--health` and `--version`.
@Suite struct HealthCheckTests {
    private static let programs = ["gateway", "user-service", "payments-service"]

    private func health(_ program: String, _ environment: [String: String]) async -> Int32? {
        await RunningProgram("\(Programs.folder)/\(program)", ["--health"], environment: environment).exitStatus()
    }

    @Test(arguments: programs)
    func itIsZeroWhileTheServiceIsReady(program: String) async throws {
        let number = try #require(Self.programs.firstIndex(of: program))
        let port = try await SharedSystem.system.port + 1_000 + number
        #expect(await health(program, ["BIND_ADDRESS": "127.0.0.1", "ADMIN_PORT": "\(port)"]) == 0)
    }

    @Test(arguments: programs)
    func itIsOneWhenNobodyAnswers(program: String) async throws {
        let nobody = try PortBlock()
        #expect(await health(program, ["BIND_ADDRESS": "127.0.0.1", "ADMIN_PORT": "\(nobody.first)"]) == 1)
    }

    @Test(arguments: programs + ["tollgate"])
    func eachSaysItsVersion(program: String) async {
        let asked = RunningProgram("\(Programs.folder)/\(program)", ["--version"])
        #expect(await asked.exitStatus() == 0)
        #expect(asked.output.split(whereSeparator: \.isNewline) == ["\(program) \(ServiceMain.version)"])
    }

    @Test func wrongSettingsAreToldApart() async {
        #expect(await health("user-service", ["ADMIN_PORT": "0"]) == 78)
        #expect(await RunningProgram("\(Programs.folder)/user-service", ["--nonsense"]).exitStatus() == 64)
    }
}
