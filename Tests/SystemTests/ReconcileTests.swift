import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// `tollgate reconcile`, by the lines of its runbook and by what a damaged book looks like.
@Suite(.serialized) struct ReconcileTests {
    /// The runbook's lines, as they stand, on a running system and on its folder when it has stopped.
    @Test(.timeLimit(.minutes(3))) func theRunbooksLinesWork() async throws {
        let page = try Document("docs/runbooks/reconcile.md")
        let blocks = page.blocks.filter { $0.language == "sh" }
        #expect(blocks.count == 3)
        let system = try await DirectSystem()
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        try await ada.deposit(1_000, to: account)
        let report = "\(system.data)/report.csv"
        for block in blocks {
            let script = block.text.replacing(".build/release", with: Programs.folder)
                .replacing(".tollgate", with: system.data)
                .replacing("http://127.0.0.1:9082", with: "http://127.0.0.1:\(system.port + 1_002)")
            let shell = RunningProgram("/bin/sh", ["-eu", "-c", script])
            #expect(await shell.exitStatus() == 0, "\(shell.output)")
            if !block.callsTheSystem {
                #expect(shell.lines.last == "1 orders compared, 0 under way, 0 differ", "\(shell.output)")
            }
        }
        await system.stopAll()
        for folder in [system.data, "\(system.data)/payments-service"] {
            let (status, lines) = await reconcile(["--data", folder])
            #expect(status == 0 && lines.last == "1 orders compared, 0 under way, 0 differ", "\(lines)")
        }

        // A report that says something else.
        let csv = try String(contentsOfFile: report, encoding: .utf8)
        try csv.replacing(",1000,", with: ",999,").write(toFile: report, atomically: true, encoding: .utf8)
        let (status, lines) = await reconcile(["--data", system.data, "--report", report])
        #expect(status == 1)
        #expect(lines.count == 2 && lines[0].hasPrefix("amount_differs dep_"), "\(lines)")
        #expect(
            lines.first?.hasSuffix(
                "ledger: charge of 1000 USD, succeeded  processor: charge of 999 USD, succeeded") == true, "\(lines)")
    }

    @Test func whatCannotBeComparedIsStatus2() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("key\n", to: "report.csv")
        for arguments in [
            ["--data", directory.file("none")], ["--data", directory.path],
            ["--data", directory.path, "--report", directory.file("none.csv")],
            ["--data", directory.path, "--report", directory.file("report.csv")],
        ] {
            let (status, lines) = await reconcile(arguments)
            #expect(status == 2 && lines.count == 1, "\(lines)")
        }
    }

    @Test func theReportIsForOperators() async throws {
        let system = try await SharedSystem.system
        let admin = APIClient(port: system.port + 1_002)
        #expect(try await admin.send(.get, "/processor/report").status == 401)
        #expect(try await system.api.send(.get, "/processor/report").status == 404)
    }

    private func reconcile(_ arguments: [String]) async -> (Int32?, [String]) {
        let tool = RunningProgram(Programs.tollgate, ["reconcile"] + arguments)
        return (await tool.exitStatus(), tool.lines)
    }
}
