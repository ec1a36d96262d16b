import ArgumentParser
import JSON
import Testing

@testable import TollgateTool

@Suite("Waterfall of a trace")
struct WaterfallTests {
    private let spans = [
        Waterfall.Span(
            id: "c", parent: "b", service: "payments-service", name: "POST /v1/payments", start: 1_300, duration: 500),
        Waterfall.Span(
            id: "a", parent: "client", service: "gateway", name: "POST /payments", start: 1_000, duration: 1_000),
        Waterfall.Span(
            id: "b", parent: "a", service: "gateway", name: "POST", start: 1_200, duration: 700, isError: true,
            note: "503"),
    ]

    @Test("Spans of all services are one tree, in the order of their beginning")
    func tree() {
        let waterfall = Waterfall(spans)
        #expect(waterfall.rows.map(\.span.id) == ["a", "b", "c"])
        #expect(waterfall.rows.map(\.depth) == [0, 1, 2])
        #expect(waterfall.duration == 1_000)
    }

    @Test("Every line has its bar where the span lies, and its time")
    func drawing() {
        let lines = Waterfall(spans).lines(width: 72)
        #expect(
            lines == [
                "gateway: POST /payments              [=====================]    1.00ms",
                "  gateway: POST                      [    ===============  ]     700us ! 503",
                "    payments-service: POST /v1/paym… [      ===========    ]     500us",
            ])
    }

    @Test("Only a terminal gets colours")
    func colours() {
        #expect(!Waterfall(spans).lines().joined().contains("\u{1B}"))
        #expect(Waterfall(spans).lines(isColoured: true)[1].hasPrefix("\u{1B}[31m"))
    }

    @Test("A circle of parents ends, and nothing is lost")
    func circle() {
        let circle = [
            Waterfall.Span(id: "a", parent: "b", service: "s", name: "1", start: 1, duration: 1),
            Waterfall.Span(id: "b", parent: "a", service: "s", name: "2", start: 2, duration: 1),
        ]
        #expect(Waterfall(circle).rows.map(\.span.id) == ["a", "b"])
        #expect(Waterfall([]).lines().isEmpty)
    }

    @Test("Times are short", arguments: [(0, "0us"), (999, "999us"), (1_423, "1.42ms"), (3_205_000, "3.20s")])
    func times(microseconds: Int64, text: String) {
        #expect(Waterfall.time(microseconds) == text)
    }

    @Test("A span is read from the services' JSON, and what is none is left out")
    func reading() throws {
        let json = try JSONValue(
            parsing: Array(
                """
                {"span_id":"1","parent_span_id":"2","service":"gateway","name":"GET","start_us":5,"duration_us":6,
                "error":true,"attributes":{"http.response.status_code":503,"error.type":"503","tollgate.part":"p"}}
                """.utf8))
        let span = try #require(Waterfall.Span(json))
        #expect(span.parent == "2" && span.start == 5 && span.duration == 6 && span.isError)
        #expect(span.note == "503 p")
        #expect(Waterfall.Span(.null) == nil)
    }

    @Test("The list is asked for what the options say")
    func target() throws {
        let command = try TracesCommand.parse(["--slow", "--errors", "--route", "/v1/users/{id}"])
        #expect(command.target == "/traces?limit=20&slow=1000&error=true&route=/v1/users/%7Bid%7D")
        #expect(try TracesCommand.parse(["--slower-than", "50", "--limit", "5"]).target == "/traces?limit=5&slow=50")
        #expect(throws: (any Error).self) { try TracesCommand.parse(["--limit", "0"]) }
        #expect(throws: (any Error).self) { try TraceCommand.parse(["xyz"]) }
    }
}
