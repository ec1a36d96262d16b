import CoreMetrics
import TestSupport
import Testing

@testable import Chassis

@Suite struct MetricsTests {
    private func text(_ registry: MetricsRegistry, _ format: MetricsFormat = .prometheus) -> String {
        String(decoding: registry.exposition(format), as: UTF8.self)
    }

    @Test func writesThePrometheusFormat() {
        let registry = MetricsRegistry()
        registry.counter("calls_total", help: "Calls.", labels: ["route": "/a\"b\\c\nd"]).increment(by: 3)
        registry.gauge("level", help: "A level.").set(1.5)
        let histogram = registry.histogram("took_seconds", help: "Time.", bounds: [0.1, 1])
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

    @Test func writesOpenMetrics() {
        let registry = MetricsRegistry()
        registry.counter("calls_total", help: "Calls.").increment()
        #expect(text(registry, .openMetrics) == "# HELP calls Calls.\n# TYPE calls counter\ncalls_total 1\n# EOF\n")
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
        registry.counter("x_total", help: "", labels: ["a": "1"]).increment()
        registry.counter("x_total", help: "", labels: ["a": "1"]).increment()
        #expect(registry.counter("x_total", help: "", labels: ["a": "1"]).value == 2)
    }

    @Test func keepsTheFirstKindOfAName() {
        let registry = MetricsRegistry()
        registry.counter("x_total", help: "").increment()
        registry.gauge("x_total", help: "").set(9)
        #expect(text(registry).contains("\nx_total 1\n"))
    }

    @Test func boundsTheLabelSets() {
        let registry = MetricsRegistry(seriesLimit: 3)
        for value in 0..<100 { registry.counter("x_total", help: "", labels: ["v": String(value)]).increment() }
        let lines = text(registry).split(separator: "\n").filter { $0.hasPrefix("x_total{") }
        #expect(lines.count == 4)
        #expect(lines.contains("x_total{v=\"other\"} 97"))
        #expect(text(registry).contains("tollgate_metrics_folded_label_sets_total 97"))
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
        let counter = registry.counter("x_total", help: "")
        let gauge = registry.gauge("g", help: "")
        let histogram = registry.histogram("h_seconds", help: "")
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
