import Testing

@testable import TollgateTool

@Suite struct LogLineTests {
    private let plain = LogLine.Style(coloured: false)

    @Test func jsonBecomesALineForPeople() {
        let line = LogLine.readable(
            """
            {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"request","service":"gateway",\
            "version":"1","trace_id":"t","status":200,"route":"/v1/users/me","duration_ms":1.5}
            """, from: "gateway", style: plain)
        #expect(
            line == "03:04:05.678  gateway           INFO   request  status=200  route=/v1/users/me  duration_ms=1.5")
    }

    @Test(arguments: ["plain text", "{not json", "[1]", ""])
    func anythingElsePassesThrough(text: String) {
        #expect(LogLine.readable(text, from: "user-service", style: plain) == "user-service      \(text)")
    }

    @Test func onlyATerminalGetsColours() {
        let line = #"{"level":"error","message":"broken"}"#
        #expect(!LogLine.readable(line, from: "gateway", style: plain).contains("\u{1B}"))
        #expect(LogLine.readable(line, from: "gateway", style: .init(coloured: true)).contains("\u{1B}[31;1m"))
    }
}
