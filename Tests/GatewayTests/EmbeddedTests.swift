import Foundation
import Testing

@testable import Gateway

/// The documents that are compiled into the program are the files that people read.
@Suite struct EmbeddedTests {
    static let documents = [
        "config/gateway.yaml": DefaultConfiguration.text, "docs/api/openapi.json": OpenAPIDocument.text,
    ]

    @Test(arguments: documents.keys.sorted()) func theDocumentIsTheFile(path: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        #expect(try String(contentsOf: root.appending(path: path), encoding: .utf8) == Self.documents[path])
    }
}
