import JSON
import Testing

/// The examples of RFC 6901 section 5, and what is no pointer.
@Suite struct JSONPointerTests {
    private static let document = """
        {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}
        """

    @Test(arguments: [
        ("/foo/0", JSONValue.string("bar")), ("/", .integer(0)), ("/a~1b", .integer(1)), ("/c%d", .integer(2)),
        ("/e^f", .integer(3)), ("/g|h", .integer(4)), ("/i\\j", .integer(5)), ("/k\"l", .integer(6)),
        ("/ ", .integer(7)),
        ("/m~0n", .integer(8)),
    ])
    func valuesAreFound(text: String, expected: JSONValue) throws {
        let document = try JSONValue(parsing: Array(Self.document.utf8))
        let pointer = try #require(JSONPointer(text))
        #expect(document[pointer] == expected)
        #expect(pointer.description == text)
        #expect(document[try #require(JSONPointer(""))] == document)
    }

    @Test(arguments: ["/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/+1", "/foo/0/x", "/none", "/foo/9999999999"])
    func nothingIsThere(text: String) throws {
        let document = try JSONValue(parsing: Array(Self.document.utf8))
        #expect(document[try #require(JSONPointer(text))] == nil)
    }

    @Test(arguments: ["foo", "/~", "/~2", "/a~", "/~01~", "/~~01"]) func noPointers(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test func escapesAreReadOnce() {
        #expect(JSONPointer("/~01")?.tokens == ["~1"])
    }
}
