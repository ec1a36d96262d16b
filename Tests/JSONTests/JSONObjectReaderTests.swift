import Testing

@testable import JSON

@Suite struct JSONObjectReaderTests {
    private func reader(_ text: String) throws -> JSONObjectReader { try JSONObjectReader(Array(text.utf8)) }

    /// The errors of reading `text` as a payment.
    private func errors(_ text: String) throws -> [String] {
        var body = try reader(text)
        _ = body.string("source", length: 1...10)
        _ = body.integer("amount", in: 1...100)
        _ = body.optionalString("note", length: 0...5)
        _ = body.object("to") { to in
            let account = to.optionalString("account")
            if account == "self" { to.fail("account", "must be another one") }
            return account
        }
        do {
            try body.finish()
            return []
        } catch {
            return error.errors.map { "\($0.pointer) \($0.detail)" }
        }
    }

    @Test(
        "A map of strings is read in order, or refused member by member",
        arguments: [
            (#"{"m":{"b":"1","a":""}}"#, ["b=1", "a="], [String]()), (#"{"m":{}}"#, [], []), ("{}", nil, []),
            (#"{"m":null}"#, nil, []), (#"{"m":{"a":"1","b":"2","c":"3"}}"#, nil, ["/m"]),
            (#"{"m":{"a":1,"b/c":"toolong"}}"#, nil, ["/m/a", "/m/b~1c"]), (#"{"m":{"":"1"}}"#, nil, ["/m/"]),
            (#"{"m":["a"]}"#, nil, ["/m"]),
        ])
    func maps(text: String, pairs: [String]?, pointers: [String]) throws {
        var body = try reader(text)
        let map = body.optionalStringMap("m", count: 0...2, nameLength: 1...3, valueLength: 0...3)
        #expect(map?.map { "\($0.name)=\($0.value)" } == pairs)
        #expect(body.errors.map(\.pointer) == pointers)
    }

    @Test func readsWhatIsRight() throws {
        var body = try reader(
            #"{"s":"é€","i":-5,"b":true,"o":{"n":1},"l":["x","y"],"none":null,"u":{"n":2},"t":["z"],"ob":false,"oi":7}"#
        )
        let (string, integer, bool) = (body.string("s", length: 2...2), body.integer("i"), body.bool("b"))
        let (nested, strings) = (body.object("o") { $0.integer("n") }, body.strings("l"))
        let (none, missing) = (body.optionalString("none"), body.optionalInteger("missing"))
        let optionalNested = body.optionalObject("u") { $0.integer("n") }
        let (strings2, bool2, integer2) = (
            body.optionalStrings("t"), body.optionalBool("ob"), body.optionalInteger("oi")
        )
        #expect((string, integer, bool) == ("é€", -5, true))
        #expect((nested, strings) == (1, ["x", "y"]))
        #expect((none, missing) == (nil, nil))
        #expect(optionalNested == 2)
        #expect((strings2, bool2, integer2) == (["z"], false, 7))
        try body.finish()
    }

    @Test(arguments: [
        (#"{"source":"a","amount":5,"to":{}}"#, []),
        (
            "{}",
            ["/source is missing", "/amount is missing", "/to is missing"]
        ),
        (
            #"{"source":1,"amount":"5","to":[],"note":true}"#,
            [
                "/source must be a string, not an integer", "/amount must be an integer, not a string",
                "/note must be a string, not a boolean", "/to must be an object, not an array",
            ]
        ),
        (
            #"{"source":"","amount":1.0,"to":{}}"#,
            ["/source must have 1 to 10 characters", "/amount must be an integer, not a number"]
        ),
        (#"{"source":"a","amount":1e0,"to":{}}"#, ["/amount must be an integer, not a number"]),
        (#"{"source":"a","amount":0,"to":{}}"#, ["/amount must be between 1 and 100"]),
        (#"{"source":"a","amount":99999999999999999999,"to":{}}"#, ["/amount must be an integer, not a number"]),
        (#"{"source":null,"amount":1,"to":{}}"#, ["/source must be a string, not null"]),
        (#"{"source":"a","amount":1,"to":{"account":"self"}}"#, ["/to/account must be another one"]),
        (
            #"{"source":"a","amount":1,"to":{"x":1},"a/b":2}"#,
            ["/to/x is not known here", "/a~1b is not known here"]
        ),
        (#"{"source":"a","amount":1,"to":{},"Source":"b"}"#, ["/Source is not known here"]),
    ])
    func collectsEveryProblem(_ text: String, _ expected: [String]) throws {
        #expect(try errors(text) == expected)
    }

    @Test func elementsHavePointers() throws {
        var body = try reader(#"{"l":["x",1,""]}"#)
        _ = body.strings("l")
        #expect(body.errors.map(\.pointer) == ["/l/1", "/l/2"])
    }

    @Test(arguments: ["[]", "1", "\"a\"", "null"])
    func refusesWhatIsNoObject(_ text: String) throws {
        let error = try #require(throws: JSONValidationError.self) { try JSONObjectReader(Array(text.utf8)) }
        #expect(error.errors.map(\.pointer) == [""])
    }

    @Test func refusesMalformedText() {
        #expect(throws: JSONSyntaxError.self) { try JSONObjectReader(Array(#"{"a":1,"a":1}"#.utf8)) }
    }
}
