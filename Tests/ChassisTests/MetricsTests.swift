import CoreMetrics
import HTTP
import TestSupport
import Testing

@testable import Chassis

@Suite struct MetricsTests {
    private func text(_ registry: MetricsRegistry, _ format: MetricsFormat = .prometheus) -> String {
        String(decoding: registry.exposition(format), as: UTF8.self)
    }

    private static let calls = Metric.counter("calls_total", "route", help: "Calls.")
    private static let level = Metric.gauge("level", help: "A level.")
    private static let took = Metric.histogram("took_seconds", bounds: [0.1, 1], help: "Time.")
    private static let plain = Metric.counter("x_total", help: "Plain.")
    private static let labelled = Metric.counter("x_total", "v", help: "Labelled.")

    @Test func writesThePrometheusFormat() {
        let registry = MetricsRegistry()
        registry.counter(Self.calls, labels: ["route": "/a\"b\\c\nd"]).increment(by: 3)
        registry.gauge(Self.level).set(1.5)
        let histogram = registry.histogram(Self.took)
        for value in [0.05, 0.1, 0.5, 7] { histogram.observe(value) }
        #expect(
            text(registry) == #"""
                # HELP calls_total Calls.
                # TYPE calls_total counter
                calls_total{route="/a\"b\\c\nd"} 3
                # HELP level A level.
                # TYPE level gauge
                level 1.5
                # HELP took_seconds Time.
                # TYPE took_seconds histogram
                took_seconds_bucket{le="0.1"} 2
                took_seconds_bucket{le="1"} 3
                took_seconds_bucket{le="+Inf"} 4
                took_seconds_sum 7.65
                took_seconds_count 4

                """#)
    }

    @Test func writesOpenMetricsWithExemplars() throws {
        let registry = MetricsRegistry()
        registry.counter(Self.plain).increment()
        let histogram = registry.histogram(Self.took)
        histogram.observe(0.5)
        let trace = try #require(
            TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        histogram.observe(units: 700_000_000, of: trace, at: 1_700_000_000_250)
        #expect(
            text(registry, .openMetrics) == """
                # HELP took_seconds Time.
                # TYPE took_seconds histogram
                # UNIT took_seconds seconds
                took_seconds_bucket{le="0.1"} 0
                took_seconds_bucket{le="1.0"} 2 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.7 1700000000.25
                took_seconds_bucket{le="+Inf"} 2
                took_seconds_sum 1.2
                took_seconds_count 2
                # HELP x Plain.
                # TYPE x counter
                x_total 1
                # EOF

                """)
        // The other format has no place for them.
        #expect(!text(registry).contains("trace_id"))
    }

    @Test func theLatestExemplarOfABucketStays() throws {
        let histogram = HistogramMetric(bounds: [0.1, 1], scale: 1e9)
        #expect(histogram.exemplars == nil)
        for (index, value) in [0.2, 0.3, 5].enumerated() {
            let trace = TraceContext(traceID: (0, UInt64(index + 1)), spanID: 1, isSampled: true)
            histogram.observe(units: UInt64(value * 1e9), of: trace, at: Int64(index))
        }
        let exemplars = try #require(histogram.exemplars)
        #expect(exemplars.map { $0?.value } == [nil, 0.3, 5])
        #expect(exemplars[1]?.traceID == String(repeating: "0", count: 31) + "2")
        #expect(histogram.snapshot.counts == [0, 2, 1])
    }

    @Test func theUnitIsPartOfTheName() {
        #expect(Metric.gauge("a_bytes", help: "").unit == "bytes")
        #expect(Metric.readCounter("cpu_seconds_total", help: "").unit == "seconds")
        #expect(Self.plain.unit == nil)
    }

    @Test func onlyDeclaredLabelsAreTaken() async {
        await #expect(processExitsWith: .failure) {
            let metric = Metric.counter("x_total", .label("result", ["ok", "failed"]), help: "")
            _ = MetricsRegistry().counter(metric, labels: ["result": "other"])
        }
    }

    /// 600 routes and statuses, ten thousand lines.
    @Test func aBusyGatewayIsWrittenOutWhole() {
        let registry = MetricsRegistry()
        for route in 0..<120 {
            for status in [200, 201, 404, 429, 503] {
                registry.histogram(
                    ChassisMetricSet.declared.requestDuration,
                    labels: [
                        "http_request_method": "GET", "http_response_status_code": String(status),
                        "http_route": "/api/v1/things/\(route)/{id}",
                    ]
                ).observe(0.003)
            }
        }
        let lines = text(registry).split(separator: "\n")
        #expect(lines.count == 2 + 600 * (15 + 2))
        #expect(lines.filter { $0.contains("_bucket{") }.allSatisfy { $0.contains("le=\"") })
    }

    @Test(
        arguments: [
            (nil, false), ("*/*", false), ("text/plain", false),
            ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", true),
        ] as [(String?, Bool)])
    func choosesTheFormatByAccept(accept: String?, open: Bool) {
        #expect(MetricsFormat(accept: accept).contentType.contains("openmetrics") == open)
    }

    @Test func givesTheSameCellForTheSameLabels() {
        let registry = MetricsRegistry()
        registry.counter(Self.labelled, labels: ["v": "1"]).increment()
        registry.counter(Self.labelled, labels: ["v": "1"]).increment()
        #expect(registry.counter(Self.labelled, labels: ["v": "1"]).value == 2)
    }

    @Test func keepsTheFirstKindOfAName() {
        let registry = MetricsRegistry()
        registry.counter(Self.plain).increment()
        registry.gauge(Metric.gauge("x_total", help: "")).set(9)
        #expect(text(registry).contains("\nx_total 1\n"))
    }

    @Test func boundsTheLabelSets() {
        let registry = MetricsRegistry(seriesLimit: 3)
        for value in 0..<100 { registry.counter(Self.labelled, labels: ["v": String(value)]).increment() }
        let lines = text(registry).split(separator: "\n").filter { $0.hasPrefix("x_total{") }
        #expect(lines.count == 4)
        #expect(lines.contains("x_total{v=\"other\"} 97"))
        #expect(registry.foldedLabelSets == 97)
    }

    @Test func isTheBackendOfSwiftMetrics() {
        let registry = MetricsRegistry()
        let factory = RegistryMetricsFactory(registry)
        Counter(label: "db.calls", dimensions: [("kind", "read")], factory: factory).increment(by: 2)
        Gauge(label: "db.depth", dimensions: [], factory: factory).record(4)
        Meter(label: "db.load", dimensions: [], factory: factory).set(0.5)
        Timer(label: "db.wait", dimensions: [], factory: factory).recordMilliseconds(20)
        let shown = text(registry)
        #expect(shown.contains("db_calls_total{kind=\"read\"} 2\n"))
        #expect(shown.contains("db_depth 4\n"))
        #expect(shown.contains("db_load 0.5\n"))
        #expect(shown.contains("db_wait_seconds_sum 0.02\n"))
    }

    @Test func losesNoCountUnderConcurrency() async {
        let registry = MetricsRegistry()
        let counter = registry.counter(Self.plain)
        let gauge = registry.gauge(Self.level)
        let histogram = registry.histogram(Self.took)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        gauge.add(1)
                        histogram.observe(units: 1_000_000)
                    }
                }
            }
        }
        #expect(counter.value == 80_000)
        #expect(gauge.value == 80_000)
        #expect(histogram.snapshot.counts.reduce(0, +) == 80_000)
    }

    @Test(
        arguments: [
            (0, "0"), (1.5, "1.5"), (-2, "-2"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
            (1e20, "1e+20"),
        ] as [(Double, String)])
    func writesNumbers(value: Double, text: String) { #expect(Exposition.number(value) == text) }

    @Test func bucketsEveryValueOnce() {
        var random = SeededGenerator.announced()
        let histogram = HistogramMetric(bounds: HistogramMetric.latencyBounds, scale: 1e9)
        var expected = [UInt64](repeating: 0, count: histogram.bounds.count + 1)
        for _ in 0..<5_000 {
            let value = Double.random(in: 0...12, using: &random)
            histogram.observe(value)
            expected[histogram.bounds.firstIndex { value <= $0 } ?? histogram.bounds.count] += 1
        }
        histogram.observe(.nan)
        histogram.observe(-1)
        expected[0] += 2
        #expect(histogram.snapshot.counts == expected)
    }

    @Test func readsTheProcess() {
        let registry = MetricsRegistry()
        ProcessMetrics.install(in: registry, startedAt: 1_700_000_000_000)
        let shown = text(registry)
        #expect(shown.contains("process_start_time_seconds 1700000000\n"))
        #expect(ProcessMetrics.cpuSeconds() > 0)
        #expect(ProcessMetrics.residentBytes() > 1_000_000)
        #expect(ProcessMetrics.openDescriptors() >= 3)
    }
}
