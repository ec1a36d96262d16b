/// One metric with all its label sets.
struct MetricFamily: Sendable {
    enum Cell: Sendable {
        case counter(CounterMetric)
        case gauge(GaugeMetric)
        case histogram(HistogramMetric)
    }

    /// A label set as the exposition writes it (`a="b",c="d"`), and its numbers.
    struct Series: Sendable {
        let labels: [UInt8]
        let cell: Cell
    }

    let metric: Metric
    /// In the order of their labels' bytes: kept, so that nobody has to sort at each look.
    private(set) var series: [Series] = []
    /// Label sets that were folded into `other` because the family was full.
    private(set) var overflowed: UInt64 = 0
    private var indices: [String: Cell] = [:]

    init(_ metric: Metric) { self.metric = metric }

    /// The cell of a label set. Past `limit` sets, one set with every value `other` takes what is new, so that a label
    /// somebody outside controls cannot fill the memory.
    mutating func cell(_ labels: [(String, String)], limit: Int) -> Cell {
        let key = Self.render(labels)
        if let cell = indices[key] { return cell }
        guard series.count < limit else {
            overflowed += 1
            let other = Self.render(labels.map { ($0.0, "other") })
            return indices[other] ?? insert(other)
        }
        return insert(key)
    }

    func makeCell() -> Cell {
        switch metric.kind {
        case .counter: .counter(CounterMetric())
        case .readCounter, .gauge: .gauge(GaugeMetric())
        case .histogram(let bounds, let units): .histogram(HistogramMetric(bounds: bounds, scale: units))
        }
    }

    private mutating func insert(_ key: String) -> Cell {
        let made = Series(labels: Array(key.utf8), cell: makeCell())
        let index = series.firstIndex { made.labels.lexicographicallyPrecedes($0.labels) } ?? series.endIndex
        series.insert(made, at: index)
        indices[key] = made.cell
        return made.cell
    }

    /// `name="value"` pairs with `\`, `"` and line feeds escaped (Prometheus text format 0.0.4).
    static func render(_ labels: [(String, String)]) -> String {
        labels.map { name, value in
            let escaped = value.flatMap { character -> String in
                switch character {
                case "\\": "\\\\"
                case "\"": "\\\""
                case "\n": "\\n"
                default: String(character)
                }
            }
            return "\(MetricName.sanitized(name))=\"\(String(escaped))\""
        }.joined(separator: ",")
    }
}

/// The grammar of metric and label names.
enum MetricName {
    /// `name` with every character outside `[A-Za-z0-9_]` replaced by `_`, and `_` before a leading digit.
    static func sanitized(_ name: String) -> String {
        var bytes = name.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        if let first = bytes.first, first <= UInt8(ascii: "9") { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
