import Foundation
import Spans
import Testing

/// docs/observability/traces.md names the spans and attributes that the sources have, and nothing else.
@Suite struct TraceDocumentTests {
    private func rows(of heading: String) throws -> [[String]] {
        let page = try Document("docs/observability/traces.md").text
        let table = try #require(page.components(separatedBy: "| \(heading) |").dropFirst().first)
        return table.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2).prefix { $0.hasPrefix("|") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    @Test func theSpansAreThoseOfTheSources() throws {
        let documented = try rows(of: "span").map { [$0[0].trimmingCharacters(in: ["`"]), $0[1]] }
        let sources = SpanOperation.allCases.map { [$0.name, $0 == .library ? "any" : "\($0.kind)"] }
        #expect(documented.sorted { $0[0] < $1[0] } == sources.sorted { $0[0] < $1[0] })
    }

    @Test func theAttributesAreThoseOfTheSources() throws {
        let documented = try rows(of: "attribute").map { $0[0].trimmingCharacters(in: ["`"]) }
        let text = try Sources.text(under: "Sources/Spans")
        let names = try #require(text.components(separatedBy: "var constantName: StaticString? {").dropFirst().first)
            .components(separatedBy: "case .other: nil")[0].matches(of: #/case \.(\w+): "([a-z_.]+)"/#)
        let sources = names.map { String($0.2) }
        #expect(Set(documented) == Set(sources))
        #expect(documented.count == sources.count && sources.count > 20)
        // Each is set by something.
        let all = try Sources.text(under: "Sources")
        for name in names.map({ String($0.1) }) {
            #expect(all.contains(try Regex("[(\\[ ]\\.\(name)\\b")), "\(name) is never set")
        }
    }
}
