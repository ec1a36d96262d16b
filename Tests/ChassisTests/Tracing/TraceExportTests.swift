import HTTP
import HTTPTypes
import Logging
import Sockets
import Spans
import Synchronization
import TelemetrySupport
import TestSupport
import Testing

@testable import Chassis

/// An exporter in front of a receiver.
private struct ExportFixture {
    let receiver: TraceReceiver
    let exporter: OTLPExporter
    let registry = MetricsRegistry()
    let group: EventLoopGroup

    init(_ more: [String: String] = [:]) async throws {
        receiver = try await TraceReceiver()
        group = try EventLoopGroup(count: 1)
        var values = ["OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "20"]
        values.merge(more) { $1 }
        let settings = try TracingSettings(Settings(values), name: "gateway", version: "1", isEdge: false)
        exporter = OTLPExporter(
            settings, to: try #require(settings.target), version: "1",
            client: HTTPClient(group: group, resolver: Resolver()),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: TraceMetrics(registry))
    }

    func offer(_ count: Int, from first: Int = 1) {
        for id in first..<(first + count) {
            let record = TraceRecord(
                .request, traceID: (7, UInt64(id)), rootID: UInt64(id), isSampled: true, start: SpanClock.now)
            record.set(.method, text: "GET")
            record.finish()
            exporter.queue.offer(record)
        }
    }

    func counted(_ series: String) -> Bool {
        String(decoding: registry.exposition(), as: UTF8.self).contains(series + "\n")
    }

    func end() async {
        await exporter.stop(within: .seconds(5))
        await receiver.stop()
        await group.shutdown()
    }
}

@Suite("Export of traces")
struct TraceExportTests {
    @Test("Batches arrive whole, with headers, packed where that is asked for", arguments: ["none", "gzip"])
    func batches(compression: String) async throws {
        let fixture = try await ExportFixture([
            "OTEL_EXPORTER_OTLP_COMPRESSION": compression, "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=blue%20one",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10",
        ])
        fixture.offer(25)
        fixture.exporter.start()
        try await waitUntil("all spans") { fixture.receiver.spans.count == 25 }
        #expect(Set(fixture.receiver.spans.map(\.id)).count == 25)
        #expect(fixture.receiver.faults.isEmpty)
        #expect(fixture.receiver.requests.count == 3)
        for request in fixture.receiver.requests {
            #expect(request.fields[.contentType] == "application/json")
            #expect(request.fields[HTTPField.Name("x-tenant")!] == "blue one")
        }
        await fixture.end()
        #expect(fixture.counted("traces_exported_spans_total 25"))
    }

    @Test("A busy collector is asked again when it says, and nothing is lost", arguments: [429, 503])
    func retry(status: Int) async throws {
        let fixture = try await ExportFixture()
        let times = Mutex<[UInt64]>([])
        fixture.receiver.answer { count in
            times.withLock { $0.append(CoarseClock.milliseconds()) }
            if count > 0 { return .json(Array("{}".utf8)) }
            return Response(status: .init(code: status), fields: [.retryAfter: "1"])
        }
        fixture.offer(3)
        fixture.exporter.start()
        try await waitUntil("the spans", timeout: .seconds(30)) { fixture.receiver.spans.count == 3 }
        let seen = times.withLock { $0 }
        #expect(seen.count == 2 && seen[1] - seen[0] >= 950)
        await fixture.end()
        #expect(fixture.counted(#"traces_export_requests_total{result="busy"} 1"#))
    }

    @Test("What the collector does not want is not sent again")
    func refusal() async throws {
        let fixture = try await ExportFixture()
        fixture.receiver.answer { count in
            count == 0 ? Response(status: .badRequest) : .json(Array("{}".utf8))
        }
        fixture.offer(3)
        fixture.exporter.start()
        try await waitUntil("the refusal") { fixture.receiver.requests.count == 1 }
        fixture.offer(2, from: 10)
        try await waitUntil("the next") { fixture.receiver.spans.count == 2 }
        await fixture.end()
        #expect(fixture.counted(#"traces_lost_spans_total{reason="not_exported"} 3"#))
    }

    @Test("A partial success counts what was refused", arguments: [#""4""#, "4"])
    func partialSuccess(count: String) async throws {
        let fixture = try await ExportFixture()
        fixture.receiver.answer { _ in
            .json(Array(#"{"partialSuccess":{"rejectedSpans":\#(count),"errorMessage":"too old"}}"#.utf8))
        }
        fixture.offer(10)
        fixture.exporter.start()
        try await waitUntil("the count") { fixture.counted(#"traces_lost_spans_total{reason="rejected"} 4"#) }
        #expect(fixture.counted("traces_exported_spans_total 6"))
        #expect(fixture.receiver.requests.count == 1)
        await fixture.end()
    }

    @Test("While nobody listens the queue is full and no longer; when somebody does, what is left arrives")
    func deadCollector() async throws {
        let fixture = try await ExportFixture([
            "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10",
        ])
        await fixture.receiver.stop()
        fixture.exporter.start()
        for round in 0..<50 { fixture.offer(100, from: 1 + round * 100) }
        #expect(fixture.exporter.queue.count <= 100)
        #expect(fixture.exporter.queue.dropped > 4_000)
        try await fixture.receiver.start()
        try await waitUntil("the rest", timeout: .seconds(60)) { fixture.receiver.spans.count >= 90 }
        await fixture.end()
    }

    @Test("The end of the process sends what waits")
    func flush() async throws {
        let fixture = try await ExportFixture(["OTEL_BSP_SCHEDULE_DELAY": "3600000"])
        fixture.exporter.start()
        fixture.offer(5)
        await fixture.exporter.stop(within: .seconds(20))
        #expect(fixture.receiver.spans.count == 5)
        await fixture.end()
    }

    @Test("The end of the process does not wait for a collector that hangs")
    func boundedFlush() async throws {
        let fixture = try await ExportFixture(["OTEL_BSP_SCHEDULE_DELAY": "3600000"])
        fixture.receiver.answer { _ in
            try? await Task.sleep(for: .seconds(3_600))
            return Response(status: .ok)
        }
        fixture.exporter.start()
        fixture.offer(5)
        let began = ContinuousClock.now
        await fixture.exporter.stop(within: .milliseconds(200))
        #expect(ContinuousClock.now - began < .seconds(60))
        #expect(fixture.counted(#"traces_lost_spans_total{reason="stopped"} 5"#))
        await fixture.end()
    }
}
