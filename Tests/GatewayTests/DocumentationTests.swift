import Foundation
import Testing

@testable import Gateway

/// The configuration files in the gateway's documentation are valid as they stand.
@Suite struct DocumentationTests {
    @Test(arguments: try DocumentationTests.pages())
    func everyExampleIsAValidFile(page: URL) throws {
        let text = try String(contentsOf: page, encoding: .utf8)
        for (number, example) in Self.examples(text).enumerated() {
            #expect(throws: Never.self, "\(page.lastPathComponent), example \(number + 1)") {
                try GatewayConfiguration(parsing: example, file: page.lastPathComponent, environment: [:])
            }
        }
    }

    @Test func thereAreExamples() throws {
        let all = try Self.pages().flatMap { Self.examples(try String(contentsOf: $0, encoding: .utf8)) }
        #expect(!all.isEmpty)
    }

    /// The text of a page of `docs/gateway`.
    static func page(_ name: String) throws -> String {
        let page = try #require(try pages().first { $0.lastPathComponent == name })
        return try String(contentsOf: page, encoding: .utf8)
    }

    /// The text of a file by its path from the root.
    static func text(of path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        return try String(contentsOf: root.appendingPathComponent(path).standardizedFileURL, encoding: .utf8)
    }

    static func pages() throws -> [URL] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/gateway").standardizedFileURL
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "md" }
            .sorted { $0.path < $1.path }
    }

    static func examples(_ text: String) -> [String] {
        text.components(separatedBy: "```yaml\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }
}
