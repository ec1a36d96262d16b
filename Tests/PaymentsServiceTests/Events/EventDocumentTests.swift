import Foundation
import Testing

@testable import PaymentsService

/// docs/events.md lists the types of events that there are, and nothing else.
@Suite struct EventDocumentTests {
    @Test func thePageAndTheTypesAgree() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/events.md").standardizedFileURL
        let rows = try String(contentsOf: page, encoding: .utf8).matches(of: #/(?m)^\| `([a-z_.]+)` \|/#)
        #expect(rows.map { String($0.1) }.sorted() == Event.Kind.allCases.map(\.rawValue).sorted())
    }
}
