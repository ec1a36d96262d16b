import Spans
import Testing
import Tracing

@testable import Chassis

@Suite("Spans of libraries")
struct ServiceTracerTests {
    private struct Dictionary: Injector, Extractor {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    }

    private func traces() throws -> Traces {
        Traces(
            try TracingSettings(Settings([:]), name: "gateway", version: "1", isEdge: false), exporter: nil)
    }

    @Test("A span below the running request's is part of its record")
    func joins() throws {
        struct Refused: Error {}
        let tracer = ServiceTracer(try traces())
        let record = TraceRecord(.request, traceID: (1, 2), rootID: 3, isSampled: true)
        ActiveSpan.$current.withValue(ActiveSpan(record)) {
            tracer.withSpan("outer", ofKind: .producer) { outer in
                outer.attributes["count"] = 3
                try? tracer.withSpan("inner") { _ in throw Refused() }
            }
        }
        let contents = record.recorded
        #expect(contents.spans.map(\.name) == [nil, "outer", "inner"])
        #expect(contents.spans.map(\.parent) == [-1, 0, 1])
        #expect(contents.spans[1].kind == .producer)
        #expect(contents.spans[2].hasFailed && !contents.spans[1].hasFailed)
        #expect(contents.attributes.contains(Spans.SpanAttribute(SpanKey("count"), .integer(3), of: 1)))
        #expect(contents.spans.dropFirst().allSatisfy { $0.end > 0 })
    }

    @Test("A span without a request has a trace of its own, below the position that was extracted")
    func roots() throws {
        let traces = try traces()
        let tracer = ServiceTracer(traces)
        var context = InstrumentationContext.topLevel
        let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        tracer.extract(["traceparent": sent, "tracestate": "v=1"], into: &context, using: Dictionary())
        var carrier: [String: String] = [:]
        tracer.withSpan("job", context: context) { span in
            tracer.inject(span.context, into: &carrier, using: Dictionary())
        }
        let record = try #require(traces.ring?.entries.first?.record)
        #expect(record.parentID == 0xb7ad_6b71_6920_3331)
        #expect(carrier["traceparent"]?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
        #expect(carrier["traceparent"]?.contains("b7ad6b7169203331") == false)
        #expect(carrier["tracestate"] == "v=1")
    }
}
