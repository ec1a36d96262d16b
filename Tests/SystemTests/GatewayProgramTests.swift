import Foundation
import TestSupport
import Testing

/// What the program does beside serving.
@Suite struct GatewayProgramTests {
    private func run(_ arguments: String...) async -> (status: Int32?, output: String) {
        let program = RunningProgram("\(Programs.folder)/gateway", arguments)
        return (await program.exitStatus(), program.output)
    }

    @Test func itPrintsTheShippedSchema() async throws {
        let shipped = try String(contentsOfFile: "\(Programs.root)/config/gateway.schema.json", encoding: .utf8)
        let (status, output) = await run("--schema")
        #expect(status == 0)
        #expect(output == shipped.trimmingCharacters(in: .newlines))
    }

    @Test func itAcceptsTheShippedFile() async throws {
        let path = "\(Programs.root)/config/gateway.yaml"
        let (status, output) = await run("--validate", path)
        #expect(status == 0)
        #expect(output.hasPrefix("\(path): valid: "))
    }

    @Test func itRefusesAWrongFileWithLineAndColumn() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("gateway.yaml")
        let shipped = try String(contentsOfFile: "\(Programs.root)/config/gateway.yaml", encoding: .utf8)
        try shipped.replacing("upstream: user-service", with: "upstream: nobody")
            .write(toFile: path, atomically: true, encoding: .utf8)
        let (status, output) = await run("--validate", path)
        #expect(status == 78)
        #expect(try output.contains(Regex(#"gateway\.yaml:[0-9]+:[0-9]+: .*nobody"#)), "\(output)")
        #expect(await run("--validate", directory.file("missing")).status == 78)
        #expect(await run("--nonsense").status == 64)
    }
}
