import Foundation
import JSON
import TestSupport
import Testing

@testable import Storage

/// The runbook's lines, as they stand, on a system under load, and what the tool says of damage.
@Suite(.serialized) struct VerifyTests {
    @Test(.timeLimit(.minutes(3))) func theRunbookOnASystemUnderLoad() async throws {
        let page = try Document("docs/runbooks/verify.md")
        let system = try await DirectSystem()
        let backups = system.data + "-backups"
        defer { try? FileManager.default.removeItem(atPath: backups) }
        let monday = RunningProgram(
            Programs.tollgate, ["backup", "--data", system.data, "--to", "\(backups)/monday"])
        #expect(await monday.exitStatus() == 0, "\(monday.output)")
        let ada = try await Person(system.api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000_000, to: one)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    try await load.run { step in try await ada.pay(1, from: one, to: two, key: "v-\(worker)-\(step)") }
                }
            }
            try await load.waitForAnswers(20)
            for block in page.blocks where block.language == "sh" {
                let script = block.text.replacing(".build/release", with: Programs.folder)
                    .replacing("backups/", with: "\(backups)/").replacing(".tollgate", with: system.data)
                let shell = RunningProgram("/bin/sh", ["-eu", "-c", script])
                #expect(await shell.exitStatus() == 0, "\(shell.output)")
                if script.contains("--json") {
                    #expect(try JSONValue(parsing: Array(shell.output.utf8))["clean"] == .bool(true))
                } else if script.contains("tollgate verify") {
                    #expect(shell.lines.last == summary(of: page), "\(shell.output)")
                }
            }
            load.stop()
            try await group.waitForAll()
        }
        #expect(load.failures.isEmpty, "\(load.failures.first ?? "")")
        await system.stopAll()
        // Stopped, and a copy made under load.
        for data in [system.data, "\(backups)/broken"] { try await expect(0, "all of them hold", of: data) }
        try plant("UPDATE accounts SET credits_posted = credits_posted + 1 WHERE id = '\(two)'", in: system.data)
        let broken = try await expect(1, "checks found something", of: system.data)
        #expect(broken.contains("\(two): credits_posted"))
        let report = try JSONValue(
            parsing: Array(try await expect(1, "\"clean\":false", of: system.data, "--json").utf8))
        let findings = report["databases"]?.array?.flatMap { $0["invariants"]?.array ?? [] } ?? []
        let names = findings.filter { $0["count"] != 0 }.compactMap { $0["name"]?.string }
        #expect(names == ["posted_totals"])
    }

    @Test func whatCannotBeReadIsNotVerified() async throws {
        let directory = try TemporaryDirectory()
        try await expect(2, "there is no database", of: directory.path)
        try await expect(2, "cannot", of: directory.file("none"))
        try directory.write(
            "not a database, and long enough to be told from an empty file", to: "payments-service.sqlite")
        try await expect(2, "cannot verify", of: directory.path)
    }

    /// The page shows the last line of the tool.
    private func summary(of page: Document) -> String? {
        page.blocks.first { $0.language.isEmpty }?.text.split(separator: "\n").last.map(String.init)
    }

    /// Runs the tool.
    @discardableResult
    private func expect(
        _ status: Int32, _ text: String, of data: String, _ options: String...,
        location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let tool = RunningProgram(Programs.tollgate, ["verify", "--data", data] + options)
        #expect(await tool.exitStatus() == status, "\(tool.output)", sourceLocation: location)
        #expect(tool.output.contains(text), "\(tool.output)", sourceLocation: location)
        return tool.output
    }

    private func plant(_ sql: String, in data: String) throws {
        let path = "\(data)/payments-service/payments-service.sqlite"
        try Connection(path: path, role: .writer, options: SQLiteOptions()).script(sql)
    }
}
