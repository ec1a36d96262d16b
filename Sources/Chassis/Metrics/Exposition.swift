/// The two text formats a scraper may ask for.
public enum MetricsFormat: Sendable {
    /// Prometheus text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.0.
    case openMetrics

    /// The format for an `Accept` value: OpenMetrics when it is named, else Prometheus.
    public init(accept: String?) {
        self = accept?.contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
    }

    /// The value of `Content-Type`.
    public var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// Writes families as text.
struct Exposition {
    let format: MetricsFormat
    private var text = ""

    init(format: MetricsFormat) { self.format = format }

    mutating func render(_ families: [MetricFamily]) -> [UInt8] {
        for family in families.sorted(by: { $0.name < $1.name }) where !family.series.isEmpty { write(family) }
        let overflowed = families.reduce(0) { $0 + $1.overflowed }
        if overflowed > 0 {
            header("tollgate_metrics_folded_label_sets_total", "Label sets counted under 'other'.", "counter")
            sample("tollgate_metrics_folded_label_sets_total", "", String(overflowed))
        }
        if format == .openMetrics { text += "# EOF\n" }
        return Array(text.utf8)
    }

    private mutating func write(_ family: MetricFamily) {
        header(family.name, family.help, family.kind.word)
        for (labels, cell) in family.series.sorted(by: { $0.key < $1.key }) {
            switch cell {
            case .counter(let counter): sample(family.name, labels, String(counter.value))
            case .gauge(let gauge): sample(family.name, labels, Self.number(gauge.value))
            case .histogram(let histogram): write(histogram, family.name, labels)
            }
        }
    }

    private mutating func write(_ histogram: HistogramMetric, _ name: String, _ labels: String) {
        let (counts, sum) = histogram.snapshot
        var cumulative: UInt64 = 0
        let prefix = labels.isEmpty ? "" : labels + ","
        for (index, count) in counts.enumerated() {
            cumulative += count
            let bound = index < histogram.bounds.count ? Self.number(histogram.bounds[index]) : "+Inf"
            sample(name + "_bucket", "\(prefix)le=\"\(bound)\"", String(cumulative))
        }
        sample(name + "_sum", labels, Self.number(sum))
        sample(name + "_count", labels, String(cumulative))
    }

    private mutating func header(_ name: String, _ help: String, _ type: String) {
        // OpenMetrics names a counter's family without the suffix of its samples.
        let family =
            format == .openMetrics && type == "counter" && name.hasSuffix("_total") ? name.dropLast(6) : name[...]
        let escaped = help.split(separator: "\n").joined(separator: " ")
        text += "# HELP \(family) \(escaped)\n# TYPE \(family) \(type)\n"
    }

    private mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// A number as both formats read it: `1` rather than `1.0`, `+Inf`, `NaN`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }
}
