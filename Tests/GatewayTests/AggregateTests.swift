import HTTP
import HTTPTypes
import JSON
import Testing

@testable import Gateway

@Suite struct AggregateTests {
    private func part(_ name: String, required: Bool = false) -> AggregateConfiguration.Part {
        .init(name: name, upstream: "u", target: "/", isRequired: required, timeout: 1)
    }

    private func text(_ response: Response) -> String {
        guard case .bytes(let bytes) = response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func allPartsMakeACompleteAnswer() throws {
        let response = try Aggregator.merge([
            (part("profile", required: true), .value(.object([.init(name: "id", value: .string("usr_1"))]))),
            (part("accounts"), .value(.array([]))),
        ])
        #expect(response.status == .ok)
        #expect(response.fields[.tollgateCompleteness] == "complete")
        #expect(text(response) == #"{"profile":{"id":"usr_1"},"accounts":[],"missing":[]}"#)
    }

    @Test func aMissingOptionalPartIsNamed() throws {
        let response = try Aggregator.merge([
            (part("profile", required: true), .value(.integer(1))),
            (part("accounts"), .failed(Problem(.gatewayTimeout, "gateway_timeout"), reason: "x")),
            (part("payments"), .refused(status: 404, body: [])),
        ])
        #expect(response.status == .ok)
        #expect(response.fields[.tollgateCompleteness] == "partial")
        #expect(text(response) == #"{"profile":1,"accounts":null,"payments":null,"missing":["accounts","payments"]}"#)
    }

    @Test func aMissingRequiredPartIsTheAnswer() throws {
        let timeout = Problem(.gatewayTimeout, "gateway_timeout")
        #expect(throws: timeout) {
            try Aggregator.merge([(part("a", required: true), .failed(timeout, reason: "x"))])
        }
        #expect(throws: Problem.self) {
            try Aggregator.merge([(part("a", required: true), .refused(status: 500, body: []))])
        }
        let gone = try Aggregator.merge([(part("a", required: true), .refused(status: 404, body: [0x7B, 0x7D]))])
        #expect(gone.status == .notFound)
        #expect(text(gone) == "{}")
    }

    @Test func aPartIsReadAndPicked() {
        let body = Array(#"{"data":[1,2],"next_cursor":null}"#.utf8)
        #expect(
            Aggregator.outcome(status: 200, body: body, pick: "data") == .value(.array([.integer(1), .integer(2)])))
        #expect(Aggregator.outcome(status: 201, body: body, pick: nil) == .refused(status: 201, body: body))
        for (bytes, pick) in [(Array("junk".utf8), nil), (body, "other")] as [([UInt8], String?)] {
            guard case .failed(let problem, _) = Aggregator.outcome(status: 200, body: bytes, pick: pick) else {
                Issue.record("a part that cannot be used was used")
                continue
            }
            #expect(problem.status == .badGateway)
        }
    }
}
