/// One metric name with all its label sets.
struct MetricFamily: Sendable {
    enum Kind: Sendable, Equatable {
        case counter
        /// A counter that is not whole.
        case floatingCounter
        case gauge
        case histogram(bounds: [Double], scale: Double)

        /// The word of the `# TYPE` line.
        var word: String {
            switch self {
            case .counter, .floatingCounter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }

        func makeCell() -> Cell {
            switch self {
            case .counter: .counter(CounterMetric())
            case .floatingCounter, .gauge: .gauge(GaugeMetric())
            case .histogram(let bounds, let scale): .histogram(HistogramMetric(bounds: bounds, scale: scale))
            }
        }
    }

    enum Cell: Sendable {
        case counter(CounterMetric)
        case gauge(GaugeMetric)
        case histogram(HistogramMetric)
    }

    let name: String
    let help: String
    let kind: Kind
    /// By rendered labels (`a="b",c="d"`), which are also what the exposition writes.
    private(set) var series: [String: Cell] = [:]
    /// Label sets that were folded into `other` because the family was full.
    private(set) var overflowed: UInt64 = 0

    init(name: String, help: String, kind: Kind) {
        self.name = name
        self.help = help
        self.kind = kind
    }

    /// The cell of a label set. Past `limit` sets, one set with every value `other` takes what is new, so that a label
    /// somebody outside controls cannot fill the memory.
    mutating func cell(_ labels: [(String, String)], limit: Int) -> Cell {
        let key = Self.render(labels)
        if let cell = series[key] { return cell }
        guard series.count < limit else {
            overflowed += 1
            let other = Self.render(labels.map { ($0.0, "other") })
            return series[other] ?? insert(other)
        }
        return insert(key)
    }

    mutating func remove(_ labels: [(String, String)]) { series[Self.render(labels)] = nil }

    private mutating func insert(_ key: String) -> Cell {
        let cell = kind.makeCell()
        series[key] = cell
        return cell
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
