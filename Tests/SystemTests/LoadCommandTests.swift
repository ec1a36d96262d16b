import Foundation
import TestSupport
import Testing

/// `tollgate load` and `tollgate top` against a running system, by the lines of their page.
@Suite struct LoadCommandTests {
    /// The page's lines, slower and shorter: a test machine is busy, and its limits are no claim of this test.
    @Test(.timeLimit(.minutes(5))) func thePagesLinesWork() async throws {
        let system = try await RunningSystem()
        let report = system.directory.file("load.html")
        let commands = try Document("docs/observability/load.md").blocks.filter { $0.language == "sh" }
            .flatMap(\.commands)
        #expect(commands.count == 3)
        for command in commands {
            let line = command.replacing(".build/release", with: Programs.folder)
                .replacing("--rate 50", with: "--url http://127.0.0.1:\(system.port) --users 3 --timeout 60s --rate 8")
                .replacing("--duration 30s", with: "--duration 3s").replacing("--duration 1m", with: "--duration 3s")
                .replacing("--max-p99 250ms", with: "--max-p99 60s").replacing(".tollgate", with: system.data)
                .replacing("load.html", with: report)
                .replacing("tollgate top", with: "tollgate top --admin \(admins(system))")
            let shell = RunningProgram("/bin/sh", ["-euc", line])
            #expect(await shell.exitStatus() == 0, "\(command): \(shell.output)")
            if command.contains("tollgate load") { check(load: shell.output) } else { check(top: shell.output) }
            if command.contains("--data") {
                #expect(shell.output.contains("✓ every limit was kept"))
                #expect(shell.output.contains(#/✓ ledger: \d+ checks, all of them hold/#))
            }
        }
        let page = try String(contentsOfFile: report, encoding: .utf8)
        #expect(page.contains("all of them hold") && page.hasSuffix("</html>\n"))
        #expect(await system.stop() == 0)
    }

    private func admins(_ system: RunningSystem) -> String {
        (0..<3).map { "http://127.0.0.1:\(system.port + 1_000 + $0)" }.joined(separator: " ")
    }

    /// Every request of the schedule is in the table, and none of them failed.
    private func check(load output: String) {
        #expect(output.contains(#/all +24 +8\.0 +0 /#), "\(output)")
        #expect(output.contains("p99.9"))
        #expect(!output.contains("\r"), "no progress where nobody looks")
    }

    private func check(top output: String) {
        #expect(output.contains("3 of 3 services answer"), "\(output)")
        for word in ["gateway", "user-service", "payments-service", "closed"] { #expect(output.contains(word)) }
        #expect(!output.contains("\u{1B}"))
    }

    @Test(.timeLimit(.minutes(3))) func crossedLimitsAndTheTrialBalanceDecideOnTheExitStatus() async throws {
        let system = try await SharedSystem.system
        let crossed = load(system, ["--max-p99", "0.001ms"])
        #expect(await crossed.exitStatus() == 1, "\(crossed.output)")
        #expect(crossed.output.contains("✗ p99 is"))
        let asked = load(
            system,
            [
                "--admin", "http://127.0.0.1:\(system.port + 1_002)", "--token-file",
                "\(system.data)/keys/admin/token", "--mix", "pay=1,refund=1",
            ])
        #expect(await asked.exitStatus() == 0, "\(asked.output)")
        #expect(asked.output.contains("✓ ledger: the trial balance is balanced"))
    }

    private func load(_ system: RunningSystem, _ arguments: [String]) -> RunningProgram {
        RunningProgram(
            Programs.tollgate,
            [
                "load", "--url", "http://127.0.0.1:\(system.port)", "--rate", "5", "--duration", "2s", "--users", "2",
                "--timeout", "60s",
            ] + arguments)
    }

    @Test func nobodyThereIsNoResult() async throws {
        let load = RunningProgram(
            Programs.tollgate, ["load", "--url", "http://127.0.0.1:1", "--users", "2", "--timeout", "1s"])
        #expect(await load.exitStatus() == 2)
        #expect(load.output.contains("no answer"))
        let top = RunningProgram(
            Programs.tollgate, ["top", "--admin", "http://127.0.0.1:1", "--interval", "0.1"])
        #expect(await top.exitStatus() == 1)
        #expect(top.output.contains("http://127.0.0.1:1 does not answer"))
    }

    @Test(arguments: [
        ["load", "--rate", "0"], ["load", "--duration", "5"], ["load", "--users", "1"], ["load", "--mix", "dance=1"],
        ["load", "--max-p99", "5"], ["load", "--max-errors", "2"], ["load", "--url", "nowhere"],
        ["load", "--admin", "http://127.0.0.1:1"], ["top", "--admin", "nowhere"], ["top", "--interval", "0"],
    ])
    func wrongOptionsAreRefused(arguments: [String]) async {
        let program = RunningProgram(Programs.tollgate, arguments)
        #expect(await program.exitStatus() == 64, "\(program.output)")
    }
}
