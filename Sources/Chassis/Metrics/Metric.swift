/// What a metric is: its module declares it once in a ``MetricSet``, and docs/metrics.md is written from that.
///
/// Names follow Prometheus: base units (`_seconds`, `_bytes`), `_total` on counters.
public struct Metric: Sendable, Hashable {
    /// How its numbers behave.
    public enum Kind: Sendable, Hashable {
        /// A whole number that only grows.
        case counter
        /// A counter that is not whole, or is read where somebody else counts.
        case readCounter
        /// A number that goes up and down.
        case gauge
        /// A distribution in buckets with these upper bounds, in the exposed unit. `unitsPerValue` says how many whole
        /// units one of the exposed unit has: 1e9 for seconds (counted in nanoseconds), 1 for bytes.
        case histogram(bounds: [Double], unitsPerValue: Double)

        /// The word of the `# TYPE` line.
        public var word: String {
            switch self {
            case .counter, .readCounter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// The name of the family.
    public let name: String
    /// How its numbers behave.
    public let kind: Kind
    /// Its labels, in the order in which they are written.
    public let labels: [MetricLabel]
    /// What it says, in one line: `# HELP`, and the documentation.
    public let help: String

    /// A counter; `name` ends in `_total`.
    public static func counter(_ name: String, _ labels: MetricLabel..., help: String) -> Metric {
        Metric(name: name, kind: .counter, labels: labels, help: help)
    }

    /// A counter that is read when somebody looks; `name` ends in `_total`.
    public static func readCounter(_ name: String, _ labels: MetricLabel..., help: String) -> Metric {
        Metric(name: name, kind: .readCounter, labels: labels, help: help)
    }

    /// A gauge.
    public static func gauge(_ name: String, _ labels: MetricLabel..., help: String) -> Metric {
        Metric(name: name, kind: .gauge, labels: labels, help: help)
    }

    /// A histogram; in seconds and counted in nanoseconds unless told otherwise.
    public static func histogram(
        _ name: String, _ labels: MetricLabel..., bounds: [Double] = HistogramMetric.latencyBounds,
        unitsPerValue: Double = 1e9, help: String
    ) -> Metric {
        Metric(
            name: name, kind: .histogram(bounds: bounds, unitsPerValue: unitsPerValue), labels: labels, help: help)
    }

    /// The unit that the name ends in, before `_total`; nil for plain numbers.
    public var unit: String? {
        let base = name.hasSuffix("_total") ? name.dropLast(6) : name[...]
        return ["seconds", "bytes", "ratio"].first { base.hasSuffix("_\($0)") }
    }
}

/// A label of a metric. The number of its values is bounded: they are listed, or come from the configuration.
public struct MetricLabel: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name.
    public let name: String
    /// All values that there are; empty where the configuration decides, such as names of upstreams.
    public let values: [String]

    /// A label whose values are not listed.
    public init(stringLiteral name: String) {
        self.name = name
        values = []
    }

    private init(name: String, values: [String]) {
        self.name = name
        self.values = values
    }

    /// A label with these values alone.
    public static func label(_ name: String, _ values: [String]) -> MetricLabel {
        MetricLabel(name: name, values: values)
    }

    /// A label with the raw values of `cases` alone.
    public static func label<Cases: CaseIterable & RawRepresentable<String>>(
        _ name: String, _ cases: Cases.Type
    ) -> MetricLabel {
        MetricLabel(name: name, values: cases.allCases.map(\.rawValue))
    }
}
