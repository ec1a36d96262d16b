import Foundation
import JSON
import Testing

@testable import Gateway

/// The two documents that are compiled into the program are copies of files that people read. With
/// `UPDATE_EMBEDDED=1 swift test --filter EmbeddedTests` the copies are written anew.
@Suite struct EmbeddedTests {
    struct Embedded: Sendable, CustomTestStringConvertible {
        var file: String
        var type: String
        var comment: String
        var copy: String

        var testDescription: String { file }
    }

    static let documents = [
        Embedded(
            file: "config/gateway.yaml", type: "DefaultConfiguration",
            comment: "The configuration that is used when `GATEWAY_CONFIG` names no file",
            copy: DefaultConfiguration.text),
        Embedded(
            file: "docs/api/openapi.json", type: "OpenAPIDocument",
            comment: "The OpenAPI 3.1 description of the public contract", copy: OpenAPIDocument.text),
    ]

    @Test(arguments: documents) func theCopyIsTheFile(_ document: Embedded) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: document.file), encoding: .utf8)
        if ProcessInfo.processInfo.environment["UPDATE_EMBEDDED"] == "1" {
            let source = Self.source(of: document, text: text)
            let target = root.appending(path: "Sources/Gateway/Documents/\(document.type).swift")
            try source.write(to: target, atomically: true, encoding: .utf8)
        } else {
            #expect(document.copy == text, "run: UPDATE_EMBEDDED=1 swift test --filter EmbeddedTests")
        }
    }

    private static func source(of document: Embedded, text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "        \($0)" }.joined(separator: "\n")
        return """
            // swift-format-ignore-file
            /// \(document.comment): a copy of `\(document.file)`, which a test holds equal.
            enum \(document.type) {
                static let text = #\"""
            \(lines)
                    \"""#
            }

            """
    }
}
