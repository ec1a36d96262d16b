import Foundation
import JSON
import Testing

@testable import Gateway

@Suite struct SchemaTests {
    @Test func itKnowsKeysFormsAndRanges() throws {
        let schema = try Self.schema()
        #expect(schema["required"] == .array([.string("routes"), .string("upstreams")]))
        #expect(schema["additionalProperties"] == .bool(false))
        let upstream = schema["properties"]?["upstreams"]?["additionalProperties"]
        let attempts = upstream?["properties"]?["retries"]?["properties"]?["attempts"]
        #expect(attempts?["maximum"] == .integer(10))
        #expect(attempts?["default"] == .integer(2))
        let route = schema["properties"]?["routes"]?["items"]
        #expect(route?["properties"]?["auth"]?["type"] == .array([.string("array"), .string("string")]))
        #expect(route?["properties"]?["idempotency"]?["pattern"]?.string?.contains("^(none|key)$") == true)
        #expect(route?["required"]?.array?.contains(.string("name")) == true)
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardizedFileURL

    /// Made once: it takes a second in a test build, in which a thread does nothing for the other tests.
    private static let text = GatewayService.schema

    private static let parsed = Result {
        try JSONValue(parsing: Array(text.utf8), limits: .init(bytes: 1 << 20))
    }

    private static func schema() throws -> JSONValue { try parsed.get() }

    @Test func theShippedFileIsTheProgramsOutput() throws {
        let file = Self.root.appendingPathComponent("config/gateway.schema.json")
        // On a failure: `gateway --schema > config/gateway.schema.json`.
        #expect(try String(contentsOf: file, encoding: .utf8) == Self.text)
    }

    @Test func theBuiltInFileFollowsTheSchemaAndNamesIt() throws {
        #expect(DefaultConfiguration.text.hasPrefix("# yaml-language-server: $schema=gateway.schema.json\n"))
        #expect(try SchemaCheck(DefaultConfiguration.text, by: Self.schema()).mistakes == [])
    }

    @Test(arguments: try DocumentationTests.pages())
    func theExamplesFollowTheSchema(page: URL) throws {
        let schema = try Self.schema()
        for example in DocumentationTests.examples(try String(contentsOf: page, encoding: .utf8)) {
            #expect(try SchemaCheck(example, by: schema).mistakes == [], "\(page.lastPathComponent)")
        }
    }

    /// Else the checks above would say nothing.
    @Test(arguments: [
        ("upstreams:", "upstream:", "does not know upstream"), ("routes:", "route:", "lacks routes"),
        ("url: http://a:1", "url: [http://a:1]", "array, not string"),
        ("attempts: 1", "attempts: 1000", "1000 is out of range"), ("attempts: 1", "attempts: no", "boolean, not"),
        ("total: 1s", "total: 1 second", "does not match"),
        ("name: r,", "name: r, colour: red,", "does not know colour"),
    ])
    func theSchemaFindsMistakes(old: String, new: String, mistake: String) throws {
        let yaml = """
            upstreams:
              a: { url: http://a:1, retries: { attempts: 1 }, timeouts: { total: 1s } }
            routes:
              - { name: r, path: /r, upstream: a }
            """
        let schema = try Self.schema()
        #expect(try SchemaCheck(yaml, by: schema).mistakes == [])
        let mistakes = try SchemaCheck(yaml.replacing(old, with: new), by: schema).mistakes
        #expect(mistakes.contains { $0.contains(mistake) }, "\(mistakes)")
    }
}
