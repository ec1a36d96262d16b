import Testing

/// docs/settings.md names the settings that the sources read, and nothing else.
@Suite struct SettingsDocumentTests {
    @Test func thePageAndTheSourcesAgree() throws {
        let rows = try Document("docs/settings.md").text.matches(of: #/(?m)^\| `([A-Z][A-Z_]+)`/#)
        let documented = Set(rows.map { String($0.1) })
        let sources = try Sources.text(under: "Sources")
        let read = Set(
            sources.matches(of: #/(?i:settings)\.[a-zA-Z]+\(\s*"([A-Z][A-Z_]+)"/#).map { String($0.1) }
                + sources.matches(of: #/let setting = "([A-Z][A-Z_]+)"/#).map { String($0.1) })
        #expect(read.count > 20)
        #expect(read.subtracting(documented).isEmpty, "not in docs/settings.md")
        #expect(documented.subtracting(read).isEmpty, "in docs/settings.md, and read by nothing")
    }
}
