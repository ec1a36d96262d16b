import JSON
import Testing

@testable import Gateway

@Suite struct SchemaTests {
    @Test func itKnowsKeysFormsAndRanges() throws {
        let schema = try JSONValue(parsing: Array(GatewayService.schema.utf8), limits: .init(bytes: 1 << 20))
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
}
