import Foundation
import JSON
import TestSupport
import Testing

/// The README's walk, its lines run as they stand against a system of their own, and what else it claims.
@Suite struct ReadmeTests {
    @Test func theWalkGivesTheAnswersShown() async throws {
        let system = try await RunningSystem(environment: [:])
        let blocks = try Document("README.md").blocks
        let walk = blocks.filter(\.callsTheSystem)
        #expect(walk.count >= 4)
        let outputs = try await run(walk.map(\.text), port: system.port)
        var shown = 0
        for (index, block) in blocks.enumerated() where block.language == "json" {
            let position = blocks[..<index].filter(\.callsTheSystem).count - 1
            let answer = try #require(outputs[position].last { $0.hasPrefix("{") }, "\(outputs[position])")
            let (actual, expected) = (
                try JSONValue(parsing: Array(answer.utf8)), try JSONValue(parsing: Array(block.text.utf8))
            )
            #expect(AnswerShape.of(actual) == AnswerShape.of(expected), "block \(position): \(answer)")
            shown += 1
        }
        #expect(shown == 5)
        let (paid, again, overview) = (outputs[3], outputs[4], outputs[5])
        #expect(paid.first == "HTTP/1.1 201 Created" && again.first == "HTTP/1.1 201 Created")
        #expect(!paid.contains("Idempotent-Replayed: true") && again.contains("Idempotent-Replayed: true"))
        #expect(paid.last == again.last)
        let whole = try JSONValue(parsing: Array((overview.last ?? "").utf8))
        #expect(whole["profile"]?["name"] == "Ada")
        #expect(whole["accounts"]?[0]?["balance"]?["posted"] == 8_750)
        #expect(await system.stop() == 0)
    }

    /// The lines of the other pages, each page against the system as the README starts it. None may fail.
    @Test func theOtherPagesLinesWork() async throws {
        let system = try await RunningSystem(environment: ["RATE_LIMITS": "off", "FAULT_LAB": "on"])
        for path in try Document.all().dropFirst() {
            let blocks = try Document(path).blocks.filter(\.callsTheSystem).map(\.text)
            guard !blocks.isEmpty else { continue }
            let script = "curl() { command curl --fail \"$@\"; echo; }\n\(blocks.joined(separator: "\n"))"
                .replacing("http://127.0.0.1:8080", with: "http://127.0.0.1:\(system.port)")
                .replacing("http://127.0.0.1:9080", with: "http://127.0.0.1:\(system.port + 1000)")
                .replacing("http://127.0.0.1:9082", with: "http://127.0.0.1:\(system.port + 1002)")
                .replacing(".tollgate/", with: "\(system.data)/")
            let shell = RunningProgram("/bin/sh", ["-eu", "-c", script])
            #expect(await shell.exitStatus() == 0, "\(path): \(shell.output)")
        }
        #expect(await system.stop() == 0)
    }

    @Test func theDemoLineWorks() async throws {
        let system = try await SharedSystem.system
        let line = try #require(
            try Document("README.md").blocks.flatMap(\.commands).first { $0.hasSuffix("tollgate demo") })
        let here = line.replacing(".build/release", with: Programs.folder)
        let shell = RunningProgram("/bin/sh", ["-euc", "\(here) --url http://127.0.0.1:\(system.port)"])
        #expect(await shell.exitStatus() == 0, "\(shell.output)")
    }

    /// Each variable of the tables of settings is read by name somewhere.
    @Test func everySettingIsRead() throws {
        let rows = try Document("README.md").text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let named = rows.flatMap { row in
            (row.split(separator: "|").first ?? "").matches(of: /`([A-Z][A-Z_]+)`/).map { String($0.1) }
        }
        #expect(named.count >= 9)
        let sources = try swiftSources()
        for name in named {
            let reading = "settings.[a-zA-Z]+\\(\\s*\"\(name)\""
            #expect(try sources.contains { try $0.contains(Regex(reading)) }, "nothing reads \(name)")
        }
    }

    /// Runs the blocks as one script: they share their variables.
    ///
    /// - Returns: Each block's lines. An answer has no line feed at its end: `curl` is given one here.
    private func run(_ blocks: [String], port: Int) async throws -> [[String]] {
        let script = "curl() { command curl \"$@\"; echo; }\n" + blocks.joined(separator: "\necho ---\n")
        let shell = RunningProgram(
            "/bin/sh", ["-eu", "-c", script.replacing("http://127.0.0.1:8080", with: "http://127.0.0.1:\(port)")])
        #expect(await shell.exitStatus() == 0, "\(shell.output)")
        let outputs = shell.lines.map { $0.replacing("\r", with: "") }
            .split(separator: "---", omittingEmptySubsequences: false)
        return outputs.map { $0.filter { !$0.isEmpty } }
    }

    private func swiftSources() throws -> [String] {
        let folder = URL(fileURLWithPath: "\(Programs.root)/Sources")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
        return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }
}
