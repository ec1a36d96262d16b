import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// The runbook's lines, as they stand, on a system under load: backup, loss, restore.
@Suite(.serialized) struct BackupTests {
    private func run(_ block: Int, of page: Document, _ system: DirectSystem) async throws -> RunningProgram {
        let script = page.blocks.filter { $0.language == "sh" }[block].text
            .replacing(".build/release", with: Programs.folder)
            .replacing("backups/monday", with: "\(system.data)-monday")
            .replacing(".tollgate", with: system.data)
            .replacing("http://127.0.0.1:9082", with: "http://127.0.0.1:\(system.port + 1_002)")
        let shell = RunningProgram("/bin/sh", ["-eu", "-c", script])
        #expect(await shell.exitStatus() == 0, "\(shell.output)")
        return shell
    }

    @Test(.timeLimit(.minutes(3))) func whatWasBackedUpUnderLoadIsRestored() async throws {
        let page = try Document("docs/runbooks/backup-and-restore.md")
        let system = try await DirectSystem()
        defer { for end in ["-monday", ".broken"] { try? FileManager.default.removeItem(atPath: system.data + end) } }
        let ada = try await Person(system.api)
        let (one, two) = (try await ada.openAccount(), try await ada.openAccount())
        try await ada.deposit(1_000_000, to: one)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    try await load.run { step in try await ada.pay(1, from: one, to: two, key: "b-\(worker)-\(step)") }
                }
            }
            try await load.waitForAnswers(50)
            let backup = try await run(0, of: page, system)
            #expect(backup.lines.count { $0.hasSuffix("checked") } == 3)
            load.stop()
            try await group.waitForAll()
        }
        #expect(load.failures.isEmpty, "\(load.failures.first ?? "")")
        #expect(try permissions("\(system.data)-monday") == 0o700)
        for file in ["payments-service/payments-service.sqlite", "keys/gateway/identity.pem", "backup.json"] {
            #expect(try permissions("\(system.data)-monday/\(file)") == 0o600, "\(file)")
        }

        await system.stopAll()
        _ = try await run(1, of: page, system)
        let verified = try await run(2, of: page, system)
        #expect(verified.lines.last?.hasSuffix("all of them hold") == true, "\(verified.output)")
        for name in ["user-service", "payments-service", "gateway"] { try await system.start(name) }
        let books = try await run(3, of: page, system)
        #expect(books.output.contains(#""balanced":true"#))
        let paid = try await ada.posted(two)
        #expect(paid >= 50)
        #expect(try await ada.posted(one) == 1_000_000 - paid)
        await system.stopAll()
    }

    @Test func aCopyIsNeverOverwrittenNorHalf() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("empty")
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        for (source, target, reason) in [
            (data, directory.file("copy"), "no database"), (data, data, "exists already"),
            (directory.file("none"), directory.file("copy"), "cannot open"),
        ] {
            let backup = RunningProgram(Programs.tollgate, ["backup", "--data", source, "--to", target])
            #expect(await backup.exitStatus() == 1)
            #expect(backup.lines.count == 1 && backup.output.contains(reason), "\(backup.output)")
        }
        try directory.write("not a database, and long enough to be told from an empty file", to: "empty/x.sqlite")
        let backup = RunningProgram(Programs.tollgate, ["backup", "--data", data, "--to", directory.file("copy")])
        #expect(await backup.exitStatus() == 1)
        #expect(!FileManager.default.fileExists(atPath: directory.file("copy")))
        #expect(!FileManager.default.fileExists(atPath: directory.file("copy.partial")))
    }

    private func permissions(_ path: String) throws -> Int {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}
