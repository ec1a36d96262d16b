import HTTP
import HTTPTypes
import JSON
import Testing

@testable import Gateway

/// One document of many parts, without sockets.
@Suite struct AggregateTests {
    private func part(
        _ name: String, required: Bool = false, merged: Bool = false, as member: String? = nil
    ) -> AggregateConfiguration.Part {
        .init(
            name: name, upstream: "u", target: PartTarget(literal: "/"), isRequired: required, timeout: 1,
            member: member ?? name, isMerged: merged)
    }

    private func value(_ json: String) throws -> PartOutcome {
        let value = try JSONValue(parsing: Array(json.utf8))
        return .value(value, whole: value)
    }

    private func answer(
        _ parts: [(part: AggregateConfiguration.Part, outcome: PartOutcome)], ifNoneMatch: String? = nil
    ) throws -> Response {
        try AggregateDocument(parts).response(isPublic: false, ifNoneMatch: ifNoneMatch)
    }

    private func text(_ response: Response) -> String {
        guard case .bytes(let bytes) = response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private let timeout = Problem(.gatewayTimeout, "gateway_timeout")

    @Test func allPartsMakeACompleteAnswer() throws {
        let response = try answer([
            (part("profile", required: true), value(#"{"id":"usr_1"}"#)), (part("accounts", as: "konten"), value("[]")),
        ])
        #expect(response.status == .ok)
        #expect(response.fields[.tollgateCompleteness] == "complete")
        #expect(response.fields[.cacheControl] == "private, no-cache")
        #expect(text(response) == #"{"profile":{"id":"usr_1"},"konten":[],"missing":[]}"#)
    }

    @Test func aMissingOptionalPartIsNamedAndNobodyKeepsTheAnswer() throws {
        let response = try answer([
            (part("profile", required: true), value("1")),
            (part("accounts"), .failed(timeout, reason: "x")),
            (part("payments", as: "paid"), .refused(status: 404, problem: nil)),
            (part("extra", merged: true), .skipped),
        ])
        #expect(response.status == .ok)
        #expect(response.fields[.tollgateCompleteness] == "partial")
        #expect(response.fields[.cacheControl] == "no-store")
        #expect(response.fields[.eTag] == nil)
        #expect(text(response) == #"{"profile":1,"accounts":null,"paid":null,"missing":["accounts","paid","extra"]}"#)
    }

    @Test func aMissingRequiredPartIsTheAnswer() throws {
        #expect(throws: timeout) { try answer([(part("a", required: true), .failed(timeout, reason: "x"))]) }
        let words = Array(#"{"code":"closed"}"#.utf8)
        let gone = try answer([
            (part("b", required: true), .skipped), (part("a", required: true), .refused(status: 404, problem: words)),
        ])
        #expect(gone.status == .notFound)
        #expect(gone.fields[.contentType] == "application/problem+json")
        #expect(text(gone) == #"{"code":"closed"}"#)
    }

    @Test(arguments: [
        (401, 502, "bad_gateway"), (403, 403, "part_refused"), (404, 404, "not_found"), (500, 502, "bad_gateway"),
        (503, 503, "upstream_unavailable"), (204, 502, "bad_gateway"), (302, 502, "bad_gateway"),
    ])
    func whatARequiredPartsStatusBecomes(status: Int, expected: Int, code: String) {
        let problem = #expect(throws: Problem.self) {
            try answer([(part("a", required: true), .refused(status: status, problem: nil))])
        }
        #expect(problem?.status.code == expected)
        #expect(problem?.code == code)
    }

    // MARK: - Merging

    @Test func mergedMembersStandBesideTheOthers() throws {
        let response = try answer([
            (part("a", merged: true), value(#"{"id":1,"name":"x"}"#)), (part("b"), value("2")),
        ])
        #expect(text(response) == #"{"id":1,"name":"x","b":2,"missing":[]}"#)
    }

    @Test(arguments: [#"{"b":1}"#, #"{"missing":1}"#, #"{"id":1}"#, "[1]", "null"])
    func whatCannotBeMergedIsMissingAsAWhole(json: String) throws {
        let document = try AggregateDocument([
            (part("first", merged: true), value(#"{"id":0}"#)), (part("a", merged: true), value(json)),
            (part("b"), value("2")),
        ])
        let response = try document.response(isPublic: false, ifNoneMatch: nil)
        #expect(text(response) == #"{"id":0,"b":2,"missing":["a"]}"#)
        let reason = json.hasPrefix("{") ? "part_collides" : "part_not_object"
        #expect(document.reasons == "a: u \(reason)")
    }

    // MARK: - The tag

    @Test func theTagIsThatOfTheWholeDocument() throws {
        let one = try answer([(part("a"), value("1")), (part("b"), value("1"))])
        let tag = try #require(one.fields[.eTag])
        #expect(tag.hasPrefix("\"") && tag.count == 24)
        let other = try answer([(part("a"), value("1")), (part("b"), value("2"))], ifNoneMatch: tag)
        #expect(other.status == .ok)
        #expect(other.fields[.eTag] != tag)
        let same = try answer([(part("a"), value("1")), (part("b"), value("1"))], ifNoneMatch: "\"x\", W/\(tag)")
        #expect(same.status == .notModified)
        #expect(same.fields[.eTag] == tag)
        #expect(same.fields[.contentType] == nil)
        #expect(text(same).isEmpty)
        let partial = try answer([(part("a"), value("1")), (part("b"), .skipped)], ifNoneMatch: "*")
        #expect(partial.status == .ok)
    }

    // MARK: - One part

    @Test(arguments: [
        (#"{"data":[1,2],"x":null}"#, AggregateConfiguration.Part.Pick.value(JSONPointer(tokens: ["data"])), "[1,2]"),
        (#"{"data":[1,2]}"#, .value(JSONPointer(tokens: ["data", "1"])), "2"),
        (#"{"a":1,"b":2,"c":3}"#, .members(["c", "a", "z"]), #"{"a":1,"c":3}"#),
        (#"[{"a":1,"b":2},{"b":3}]"#, .members(["b"]), #"[{"b":2},{"b":3}]"#),
        ("[1,{}]", .everything, "[1,{}]"),
    ])
    func aPartIsReadAndPicked(body: String, pick: AggregateConfiguration.Part.Pick, shown: String) throws {
        let outcome = PartOutcome(status: 200, body: Array(body.utf8), limits: .default, pick: pick)
        let whole = try JSONValue(parsing: Array(body.utf8))
        #expect(outcome == .value(try JSONValue(parsing: Array(shown.utf8)), whole: whole))
    }

    @Test(arguments: [
        ("junk", AggregateConfiguration.Part.Pick.everything, "part_not_json"),
        ("{}", .value(JSONPointer(tokens: ["data"])), "part_without_picked"),
        ("[1]", .value(JSONPointer(tokens: ["01"])), "part_without_picked"),
        ("1", .members(["a"]), "part_without_picked"),
    ])
    func aPartThatCannotBeUsedIsAFault(body: String, pick: AggregateConfiguration.Part.Pick, reason: String) {
        let outcome = PartOutcome(status: 200, body: Array(body.utf8), limits: .default, pick: pick)
        #expect(outcome == .failed(Problem(.badGateway, "bad_gateway"), reason: reason))
    }
}
