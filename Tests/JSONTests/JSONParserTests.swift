import TestSupport
import Testing

@testable import JSON

@Suite struct JSONParserTests {
    static let values: [(String, JSONValue)] = [
        ("null", .null), ("true", .bool(true)), (" false\n", .bool(false)),
        ("0", .integer(0)), ("-0", .integer(0)), ("-1", .integer(-1)), ("12345", .integer(12345)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("1.0", .number(1)), ("1e2", .number(100)), ("1E+2", .number(100)), ("-1.5e-1", .number(-0.15)),
        ("0.5", .number(0.5)), ("0e0", .number(0)),
        ("\"\"", .string("")), ("\"a\"", .string("a")), ("\"é€😀\"", .string("é€😀")),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (#""a\u00e9\u20AC\uD83D\ude00z""#, .string("aé€😀z")), (#""\u0000""#, .string("\0")),
        (#""\uFFFF""#, .string("\u{FFFF}")),
        ("[]", .array([])), ("[ ]", .array([])),
        ("[1,[2],\t{}]", .array([.integer(1), .array([.integer(2)]), .object([])])),
        ("{}", .object([])),
        (
            #"{"b":1, "a" : {"b":null}}"#,
            .object([
                .init(name: "b", value: .integer(1)),
                .init(name: "a", value: .object([.init(name: "b", value: .null)])),
            ])
        ),
    ]

    @Test(arguments: values)
    func reads(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    }

    @Test(arguments: values)
    func readsWhatItWrote(_ text: String, _ value: JSONValue) throws {
        var writer = JSONWriter()
        writer.value(value)
        #expect(try JSONValue(parsing: writer.bytes) == value)
    }

    static let refusals: [(String, offset: Int, pointer: String)] = [
        ("", 0, ""), (" ", 1, ""), ("nul", 0, ""), ("True", 0, ""), ("nullx", 4, ""), ("1 2", 2, ""), ("{}{}", 2, ""),
        ("01", 1, ""), ("-", 1, ""), ("+1", 0, ""), (".5", 0, ""), ("1.", 2, ""), ("1.e1", 2, ""), ("1e", 2, ""),
        ("1e+", 3, ""), ("0x1", 1, ""), ("NaN", 0, ""), ("Infinity", 0, ""), ("-Infinity", 1, ""), ("1e400", 0, ""),
        ("\"a", 0, ""), ("\"a\nb\"", 2, ""), ("\"\u{1}\"", 1, ""), ("'a'", 0, ""), (#""\x""#, 2, ""),
        (#""\u12""#, 5, ""),
        (#""\u12G4""#, 5, ""), (#""\uD800""#, 1, ""), (#""\uD800\n""#, 1, ""), (#""\uD800\u0041""#, 1, ""),
        (#""\uDC00\uD800""#, 1, ""), ("\"\\", 2, ""),
        ("[", 1, "/0"), ("[1", 2, ""), ("[1,]", 3, "/1"), ("[,1]", 1, "/0"), ("[1 2]", 3, ""), ("[1,,2]", 3, "/1"),
        ("{", 1, ""), ("{a:1}", 1, ""), (#"{"a"}"#, 4, "/a"), (#"{"a":}"#, 5, "/a"), (#"{"a":1,}"#, 7, ""),
        (#"{"a":1 "b":2}"#, 7, ""), (#"{"a":1,"a":2}"#, 7, "/a"), (#"{"a":1,"\u0061":2}"#, 7, "/a"),
        (#"{"a/b":{"c~d":[0,x]}}"#, 17, "/a~1b/c~0d/1"), ("// comment\n1", 0, ""), ("\u{FEFF}1", 0, ""),
    ]

    @Test(arguments: refusals)
    func refuses(_ text: String, _ offset: Int, _ pointer: String) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
        #expect(error.offset == offset)
        #expect(error.pointer == pointer)
    }

    static let notUTF8: [[UInt8]] = [
        [0x80], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
    ]

    @Test(arguments: notUTF8)
    func refusesInvalidUTF8(_ bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22] + bytes + [0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
    }

    @Test func tellsLineAndColumn() throws {
        let text = "{\n  \"a\": 1,\n  \"b\" 2\n}"
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
        #expect((error.line, error.column) == (3, 7))
        #expect(error.description == "line 3, column 7: a colon is missing")
    }

    @Test func limitsHold() throws {
        let limits = JSONLimits(depth: 3, bytes: 40, members: 2, stringLength: 5)
        func parse(_ text: String) throws { _ = try JSONValue(parsing: Array(text.utf8), limits: limits) }
        try parse("[[[]]]")
        #expect(throws: JSONSyntaxError.self) { try parse("[[[[]]]]") }
        try parse("[1,2]")
        #expect(throws: JSONSyntaxError.self) { try parse("[1,2,3]") }
        #expect(throws: JSONSyntaxError.self) { try parse(#"{"a":1,"b":2,"c":3}"#) }
        try parse("\"12345\"")
        #expect(throws: JSONSyntaxError.self) { try parse("\"123456\"") }
        try parse(String(repeating: " ", count: 39) + "1")
        #expect(throws: JSONSyntaxError.self) { try parse(String(repeating: " ", count: 40) + "1") }
    }

    @Test func deepNestingIsRefusedNotCrashed() {
        let text = Array(repeating: UInt8(ascii: "["), count: 1 << 20)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test func manyMembersWithADuplicateAreRefused() throws {
        let names = (0..<5000).map { "\"m\($0)\":0" }.joined(separator: ",")
        #expect(try JSONValue(parsing: Array("{\(names)}".utf8)).object?.count == 5000)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array("{\(names),\"m77\":1}".utf8)) }
    }

    /// Any value survives being written and read.
    @Test func randomValuesSurvive() throws {
        var random = SeededGenerator.announced()
        for _ in 0..<500 {
            let value = Self.value(&random, depth: 0)
            var writer = JSONWriter()
            writer.value(value)
            #expect(try JSONValue(parsing: writer.bytes) == value)
        }
    }

    /// Any damage is refused or read, and never crashes; what is read can be written and read again.
    @Test func damageNeverCrashes() throws {
        var random = SeededGenerator.announced()
        for _ in 0..<3000 {
            var writer = JSONWriter()
            writer.value(Self.value(&random, depth: 0))
            var bytes = writer.bytes
            for _ in 0..<3 where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            var again = JSONWriter()
            again.value(value)
            #expect(try JSONValue(parsing: again.bytes) == value)
        }
    }

    private static func value(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 4 ? 5 : 7), using: &random) {
        case 0: .null
        case 1: .bool(random.chance(0.5))
        case 2: .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3: .number(Double.random(in: -1e9...1e9, using: &random) + 0.5)
        case 4: .string(text(&random))
        case 5: .array((0..<3).map { _ in value(&random, depth: depth + 1) })
        default: .object((0..<3).map { .init(name: text(&random) + "\($0)", value: value(&random, depth: depth + 1)) })
        }
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "/", "\n", "\0", "\u{1F}", "é", "€", "😀", "\u{7F}", "~"]
        var text = ""
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            text.unicodeScalars.append(scalars.randomElement(using: &random) ?? "a")
        }
        return text
    }
}
