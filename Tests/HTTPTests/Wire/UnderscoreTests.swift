import HTTP
import Testing

@Suite struct UnderscoreTests {
    private static func parse(_ line: String, into head: RequestHead) -> HeadParser.Outcome {
        var parser = HeadParser()
        let bytes = Array("GET /a_b?c_d HTTP/1.1\r\nHost: a_b\r\n\(line)\r\n\r\n".utf8)
        return bytes.withUnsafeBytes { parser.parse($0, into: head) }
    }

    @Test(arguments: [
        ("X_A: 1", true), ("_: 1", true), ("Content_Length: 1", true), ("X-A: b_c", false), ("X: 1", false),
    ])
    func theParserNotesThemInNamesOnly(line: String, expected: Bool) {
        let head = RequestHead()
        // The head was used before, for a request of the other kind.
        _ = Self.parse(expected ? "X-A: 1" : "X_A: 1", into: head)
        guard case .complete = Self.parse(line, into: head) else {
            Issue.record("not parsed")
            return
        }
        #expect(head.namesHaveUnderscores == expected)
    }

    @Test func aFilterTakesThemWhenAskedTo() {
        let filter = FieldFilter(names: ["x-a"], underscores: true)
        #expect(filter.contains("x_b"))
        #expect(filter.contains("X-A"))
        #expect(!filter.contains("x-b"))
        #expect(!FieldFilter(names: ["x-a"]).contains("x_a"))
    }
}
