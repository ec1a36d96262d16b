/// One label set of a metric and its numbers at one moment, for who reads metrics inside the process.
public struct MetricReading: Sendable, Equatable {
    /// The labels by name.
    public let labels: [String: String]
    /// A counter's or gauge's number; for a histogram how many values it has seen.
    public let value: Double
    /// A histogram's counts by bucket (not cumulative, the infinite bucket last); empty otherwise.
    public let counts: [UInt64]

    init(_ series: MetricFamily.Series) {
        labels = Self.labels(series.labels)
        switch series.cell {
        case .counter(let cell): (value, counts) = (Double(cell.value), [])
        case .gauge(let cell): (value, counts) = (cell.value, [])
        case .histogram(let cell):
            counts = cell.snapshot.counts
            value = Double(counts.reduce(0, +))
        }
    }

    /// What ``MetricFamily`` rendered: `name="value"` pairs with `\`, `"` and line feeds escaped.
    private static func labels(_ rendered: [UInt8]) -> [String: String] {
        var labels: [String: String] = [:]
        var rest = rendered[...]
        while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
            let name = String(decoding: rest[..<equals], as: UTF8.self)
            rest = rest[equals...].dropFirst(2)
            var value: [UInt8] = []
            while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
                    value.append(byte)
                    continue
                }
                value.append(escaped == UInt8(ascii: "n") ? UInt8(ascii: "\n") : escaped)
            }
            labels[name] = String(decoding: value, as: UTF8.self)
            rest = rest.dropFirst()
        }
        return labels
    }
}
