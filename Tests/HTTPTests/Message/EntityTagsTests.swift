import Testing

@testable import HTTP

@Suite struct EntityTagsTests {
    @Test(arguments: [
        ("\"1\"", "\"1\"", true), ("\"1\"", "W/\"1\"", true), ("W/\"1\"", "\"1\"", true), ("W/\"1\"", "W/\"1\"", true),
        ("\"1\"", "*", true), ("\"1\"", "\"0\", \"1\"", true), ("\"1\"", "\"0\",W/\"1\" , \"2\"", true),
        ("\"a,b\"", "\"x\", \"a,b\"", true), ("\"1\"", "\"2\"", false), ("\"1\"", "", false), ("\"1\"", "1", false),
        ("\"b\"", "\"a, \"b\"", false), ("\"1\"", "junk, \"1\"", false), ("\"1\"", "\"1", false),
        ("\"1\"", "w/\"1\"", false),
    ])
    func weakComparison(tag: String, list: String, isNamed: Bool) {
        #expect(EntityTags.isNamed(tag, ifNoneMatch: list) == isNamed)
    }
}

@Suite struct MediaTypesTests {
    @Test(arguments: [
        ("text/html; charset=utf-8", true), ("TEXT/HTML", true), ("application/problem+json", true),
        ("image/svg+xml", true),
        ("application/json", true), ("image/png", false), ("text/event-stream", false), ("", false), ("json", false),
    ])
    func textInTheWideSense(type: String, isText: Bool) {
        #expect(MediaTypes.text.contains(type) == isText)
    }

    @Test func patternsAreRead() throws {
        let types = try MediaTypes(["Text/*", "application/wasm", "*+cbor"])
        for type in ["text/css", "application/WASM", "application/x+cbor;v=1"] { #expect(types.contains(type)) }
        for type in ["application/json", "text/event-stream", "x/wasm"] { #expect(!types.contains(type)) }
    }

    @Test(arguments: ["", "*", "*/*", "text", "text/", "/x", "a/b/c", "text/event-stream", "*+", "te xt/x", "a/b;c"])
    func malformedPatterns(pattern: String) {
        #expect(throws: MediaTypes.Malformed.self) { try MediaTypes([pattern]) }
    }
}
