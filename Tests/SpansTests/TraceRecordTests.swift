import Spans
import Testing

@Suite("Trace records")
struct TraceRecordTests {
    private func record(isSampled: Bool = true) -> TraceRecord {
        TraceRecord(.request, traceID: (1, 2), rootID: 3, parentID: 4, isSampled: isSampled, start: 100)
    }

    @Test("Spans are kept in the order of their beginning, each below its parent")
    func tree() {
        let record = record()
        let outer = record.begin(.part, at: 110)
        let inner = record.begin(.call, below: outer, at: 120)
        record.end(inner, at: 130)
        record.end(outer, at: 140)
        record.finish(at: 150)
        let spans = record.recorded.spans
        #expect(spans.map(\.operation) == [.request, .part, .call])
        #expect(spans.map(\.parent) == [-1, 0, 1])
        #expect(spans.map(\.end) == [150, 140, 130])
    }

    @Test("The end of the root ends what is still open, and nothing is recorded behind it")
    func lateSpans() {
        let record = record()
        let open = record.begin(.call, at: 120)
        record.finish(at: 150)
        record.end(open, at: 170)
        record.set(.status, 200, of: open)
        #expect(record.begin(.write) == -1)
        #expect(record.recorded.spans.map(\.end) == [150, 150])
        #expect(record.recorded.attributes.isEmpty)
    }

    @Test("No record grows without bound")
    func bounds() {
        let record = record()
        for _ in 0..<TraceRecord.spanLimit + 10 {
            let span = record.begin(.statement)
            for _ in 0..<20 { record.set(.databaseOperation, text: String(repeating: "x", count: 2_000), of: span) }
            record.end(span)
        }
        let contents = record.recorded
        #expect(contents.spans.count == TraceRecord.spanLimit)
        #expect(contents.dropped == 11)
        #expect(contents.attributes.count == 2_048)
        #expect(contents.attributes.allSatisfy { $0.value == .text(String(repeating: "x", count: 512)) })
        #expect(record.footprint > 2_048 * 512)
    }

    @Test("Ids of spans differ, and the root's is the one that was given")
    func ids() {
        let record = record()
        let ids = (0..<TraceRecord.spanLimit).map { record.id(of: $0) }
        #expect(ids[0] == 3)
        #expect(Set(ids).count == ids.count)
        #expect(!ids.contains(0))
    }

    @Test("A failure leaves its mark and its reason")
    func failure() {
        let record = record()
        let span = record.begin(.call)
        record.end(span, failedBy: "connection_refused")
        #expect(record.recorded.spans[span].hasFailed)
        #expect(record.recorded.attributes == [SpanAttribute(.errorType, .text("connection_refused"), of: span)])
    }

    @Test("Tasks at once lose nothing")
    func concurrency() async {
        let record = record()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<20 { record.end(record.begin(.call)) }
                }
            }
        }
        #expect(record.count == 161)
    }

    @Test("What runs in a span finds it, and an error of it is noted")
    func active() async {
        struct Refused: Error {}
        let record = record()
        await #expect(throws: Refused.self) {
            try await ActiveSpan.$current.withValue(ActiveSpan(record)) {
                try await ActiveSpan.with(.passwordHash) { span in
                    #expect(ActiveSpan.current?.index == span?.index)
                    throw Refused()
                }
            }
        }
        #expect(record.recorded.spans.map(\.operation) == [.request, .passwordHash])
        #expect(record.recorded.spans[1].hasFailed)
    }
}
