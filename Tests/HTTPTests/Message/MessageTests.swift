import HTTPTypes
import JSON
import Testing

@testable import HTTP

@Suite struct QueryTests {
    @Test func decodesPairs() {
        let query = Query("a=1&b=two%20words&c&a=3+4&=x&%C3%A9=%26&&d=e=f")
        #expect(query["a"] == "1")
        #expect(query.all("a") == ["1", "3 4"])
        #expect(query["b"] == "two words")
        #expect(query["c"] == "")
        #expect(query["é"] == "&")
        #expect(query["d"] == "e=f")
        #expect(query[""] == "x")
        #expect(query["missing"] == nil)
    }
}

@Suite struct RequestTests {
    @Test func readsFieldsOnDemand() throws {
        let request = try Request(
            target: "/a?b=c", fields: [.accept: "x", .userAgent: "y", .contentLength: "7"])
        #expect(request.field(.accept) == "x")
        #expect(request.field(.cookie) == nil)
        #expect(request.fields[.userAgent] == "y")
        #expect(request.field(.contentLength) == nil)
        #expect(request.query["b"] == "c")
        #expect(request.path == "/a")
    }

    @Test func joinsLines() throws {
        var fields = HTTPFields()
        fields.append(HTTPField(name: .accept, value: "x"))
        fields.append(HTTPField(name: .accept, value: "y"))
        #expect(try Request(target: "/", fields: fields).field(.accept) == "x, y")
    }

    @Test func normalizesTheTargetForTheNextHop() throws {
        #expect(try Request(target: "/a/%2e%2e/%7euser/%2f?q=%2e").normalizedTarget == "/~user/%2F?q=%2e")
        #expect(try Request(target: "http://localhost?q").normalizedTarget == "/?q")
    }

    @Test func cannotBeMadeMalformed() {
        #expect(throws: MessageError.malformedStartLine) { try Request(target: "/ HTTP/1.1\r\nHost: a\r\n\r\nGET /") }
        #expect(throws: MessageError.malformedTarget) { try Request(target: "/%") }
    }

    @Test(arguments: [
        ("abc-1.2_Z", true), ("", false), ("a b", false), ("é", false), (String(repeating: "a", count: 129), false),
    ])
    func takesARequestIDThatIsHarmless(_ id: String, _ isTaken: Bool) throws {
        let request = try Request(target: "/", fields: [HTTPField.Name("X-Request-Id")!: id])
        #expect((request.context.id == id) == isTaken)
        #expect(request.context.id == request.context.id)
        #expect(!request.context.id.isEmpty)
    }
}

@Suite struct TraceContextTests {
    static let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func readsAndWrites() throws {
        let trace = try #require(TraceContext(traceparent: Self.valid))
        #expect(trace.traceparent == Self.valid)
        #expect(trace.traceIDText == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(trace.spanIDText == "00f067aa0ba902b7")
        #expect(trace.isSampled)
        let child = trace.child()
        #expect(child.traceID == trace.traceID && child.spanID != trace.spanID)
        #expect(TraceContext(traceparent: TraceContext.generate().traceparent)?.isSampled == false)
    }

    @Test(arguments: [
        "", "00", valid + "-x", "ff" + valid.dropFirst(2), valid.uppercased(), valid.replacing("-", with: "_"),
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
        "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "01" + valid.dropFirst(2) + "x",
    ])
    func refuses(_ text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test func readsALaterVersion() {
        #expect(TraceContext(traceparent: "01" + Self.valid.dropFirst(2) + "-more")?.isSampled == true)
    }

    @Test func contextTakesOrMakes() throws {
        let taken = try Request(target: "/", fields: [.traceparent: Self.valid, .tracestate: "a=b"])
        #expect(taken.context.traceparent.traceparent == Self.valid)
        #expect(taken.context.traceparent.state == "a=b")
        let made = try Request(target: "/", fields: [.traceparent: "nonsense"])
        #expect(made.context.traceparent == made.context.traceparent)
    }
}

@Suite struct ProblemTests {
    @Test func rendersEverything() throws {
        let problem = Problem(
            .unprocessableContent, "payee_has_no_account", detail: "No \"USD\".",
            errors: [.init(pointer: "/to", detail: "x")], fields: [.retryAfter: "1"])
        let response = problem.response(instance: "req", traceID: "trace")
        #expect(response.status == .unprocessableContent)
        #expect(response.fields[.contentType] == "application/problem+json")
        #expect(response.fields[.retryAfter] == "1")
        guard case .bytes(let bytes) = response.body else { return #expect(Bool(false)) }
        let expected =
            #"{"type":"urn:tollgate:problem:payee_has_no_account","title":"Payee has no account","status":422,"#
            + #""detail":"No \"USD\".","instance":"req","trace_id":"trace","code":"payee_has_no_account","#
            + #""errors":[{"pointer":"/to","detail":"x"}]}"#
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func answersErrors() {
        struct Other: Error {}
        #expect(Problem(answering: Problem.notFound) == .notFound)
        #expect(Problem(answering: Other()) == .internalError)
        let invalid = Problem(answering: JSONValidationError(errors: [JSONFieldError(pointer: "/a", detail: "b")]))
        #expect(invalid.status == .unprocessableContent && invalid.code == "validation_failed")
        #expect(invalid.errors == [Problem.FieldError(pointer: "/a", detail: "b")])
        let malformed = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x7B]) }
        #expect(malformed.map { Problem(answering: $0).status } == .badRequest)
        #expect(malformed.map { Problem(answering: $0).code } == "malformed_json")
    }
}
