import Foundation
import TestSupport
import Testing

/// The README's shell lines, run as they stand against a system of their own.
@Suite struct ReadmeTests {
    @Test func theWalkThroughWorks() async throws {
        let system = try await RunningSystem(environment: [:])
        let readme = try String(contentsOfFile: "\(Programs.root)/README.md", encoding: .utf8)
        let blocks = shellBlocks(readme).filter { $0.contains("curl") }
        #expect(blocks.count >= 4)
        let script = blocks.joined(separator: "\necho\n")
            .replacing("http://127.0.0.1:8080", with: "http://127.0.0.1:\(system.port)")
        let shell = RunningProgram("/bin/sh", ["-eu", "-c", script])
        #expect(await shell.exitStatus() == 0, "\(shell.output)")
        let output = shell.output
        for part in [
            #""name":"Ada""#, #""balance":{"posted":10000,"pending":0,"available":10000}"#, "HTTP/1.1 422",
            #""code":"payee_has_no_account""#, #""profile":{"id":"usr_"#,
        ] {
            #expect(output.contains(part), "\(part) is not in\n\(output)")
        }
        #expect(await system.stop() == 0)
    }

    /// Every `make` target that a document names exists.
    @Test(arguments: ["README.md", "CONTRIBUTING.md", "docs/performance.md"])
    func everyTargetExists(document: String) throws {
        let text = try String(contentsOfFile: "\(Programs.root)/\(document)", encoding: .utf8)
        let makefile = try String(contentsOfFile: "\(Programs.root)/Makefile", encoding: .utf8)
        let named = text.matches(of: /(?:^|`|\s)make ([a-z][a-z-]+)/).map { String($0.1) }
        #expect(!named.isEmpty)
        for target in Set(named) { #expect(makefile.contains("\n\(target):"), "make \(target)") }
    }

    /// Every file that a document links to exists.
    @Test(arguments: ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/performance.md"])
    func everyLinkLeadsSomewhere(document: String) throws {
        let url = URL(fileURLWithPath: "\(Programs.root)/\(document)")
        let text = try String(contentsOf: url, encoding: .utf8)
        for match in text.matches(of: /\]\(([^)#]+)/) where !match.1.hasPrefix("http") {
            let target = url.deletingLastPathComponent().appendingPathComponent(String(match.1))
            #expect(FileManager.default.fileExists(atPath: target.path), "\(match.1)")
        }
    }

    private func shellBlocks(_ text: String) -> [String] {
        text.components(separatedBy: "```sh\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }
}
