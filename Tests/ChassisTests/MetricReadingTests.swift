import Testing

@testable import Chassis

@Suite struct MetricReadingTests {
    private static let counter = Metric.counter("things_total", "kind", "name", help: "Things.")
    private static let histogram = Metric.histogram("time_seconds", help: "Time.")

    @Test func labelsAreReadBackAsTheyWereGiven() {
        let registry = MetricsRegistry()
        let names = ["plain", "", "a\"b", "back\\slash", "two\nlines", "k=\"v\",x", "\\\"\\n"]
        for (index, name) in names.enumerated() {
            registry.counter(Self.counter, labels: ["kind": "k", "name": name]).increment(by: UInt64(index + 1))
        }
        let readings = registry.read(Self.counter)
        #expect(readings.count == names.count)
        for (index, name) in names.enumerated() {
            let reading = readings.first { $0.labels == ["kind": "k", "name": name] }
            #expect(reading?.value == Double(index + 1), "\(name)")
            #expect(reading?.counts == [])
        }
    }

    @Test func histogramsAreReadByBucket() throws {
        let registry = MetricsRegistry()
        #expect(registry.read(Self.histogram) == [])
        let cell = registry.histogram(Self.histogram)
        for seconds in [0.0001, 0.0002, 0.3, 100] { cell.observe(seconds) }
        let reading = try #require(registry.read(Self.histogram).first)
        #expect(reading.labels == [:])
        #expect(reading.value == 4)
        #expect(reading.counts.count == HistogramMetric.latencyBounds.count + 1)
        #expect(reading.counts.first == 2)
        #expect(reading.counts.last == 1)
    }
}
