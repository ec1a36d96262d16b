import Testing

@testable import JSON

@Suite struct JSONWriterTests {
    private func written(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func separatesMembersAndElements() {
        let text = written { json in
            json.beginObject()
            json.member("a", 1)
            json.key("b")
            json.beginArray()
            json.string("x")
            json.beginObject()
            json.endObject()
            json.null()
            json.endArray()
            json.member("c", nil as String?)
            json.member("d", true)
            json.key("e")
            json.raw(Array("[1]".utf8))
            json.member("f", 0.5)
            json.endObject()
        }
        #expect(text == #"{"a":1,"b":["x",{},null],"c":null,"d":true,"e":[1],"f":0.5}"#)
    }

    @Test(arguments: [
        ("", #""""#), ("abc", #""abc""#), ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#), ("\n\r\t", #""\n\r\t""#),
        ("\u{0}\u{1F}\u{B}", #""\u0000\u001f\u000b""#), ("é€😀", #""é€😀""#), ("a\"b\"c", #""a\"b\"c""#),
        ("</script>", #""</script>""#), ("\u{7F}", "\"\u{7F}\""),
    ])
    func escapes(_ text: String, _ expected: String) {
        #expect(written { $0.string(text) } == expected)
    }

    @Test(arguments: [
        (0, "0"), (-1, "-1"), (10, "10"), (Int64.max, "9223372036854775807"), (.min, "-9223372036854775808"),
    ])
    func writesIntegers(_ value: Int64, _ expected: String) {
        #expect(written { $0.integer(value) } == expected)
    }

    @Test(arguments: [(1.5, "1.5"), (0.1, "0.1"), (-2.0, "-2.0"), (.infinity, "null"), (.nan, "null")])
    func writesNumbers(_ value: Double, _ expected: String) {
        #expect(written { $0.double(value) } == expected)
    }
}
