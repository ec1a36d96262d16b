/// Writes families as text. Bytes are appended to one array: a busy gateway has ten thousand lines and more.
struct Exposition {
    private let format: MetricsFormat
    private var out: [UInt8] = []

    init(format: MetricsFormat) { self.format = format }

    mutating func render(_ families: [MetricFamily]) -> [UInt8] {
        out.reserveCapacity(65_536)
        for family in families.sorted(by: { $0.metric.name < $1.metric.name }) where !family.series.isEmpty {
            write(family)
        }
        if format == .openMetrics { append("# EOF\n") }
        return out
    }

    private mutating func write(_ family: MetricFamily) {
        header(family.metric)
        let name = Array(family.metric.name.utf8)
        for series in family.series {
            switch series.cell {
            case .counter(let counter):
                begin(name, "", series.labels)
                append(counter.value)
                out.append(.lineFeed)
            case .gauge(let gauge):
                begin(name, "", series.labels)
                append(gauge.value)
                out.append(.lineFeed)
            case .histogram(let histogram): write(histogram, name, series.labels)
            }
        }
    }

    private mutating func write(_ histogram: HistogramMetric, _ name: [UInt8], _ labels: [UInt8]) {
        let (counts, sum) = histogram.snapshot
        let exemplars = format == .openMetrics ? histogram.exemplars : nil
        let bounds = format == .openMetrics ? histogram.texts.openMetrics : histogram.texts.prometheus
        var cumulative: UInt64 = 0
        for (index, count) in counts.enumerated() {
            cumulative += count
            begin(name, "_bucket", labels, bounds[index])
            append(cumulative)
            if let exemplar = exemplars?[index] { write(exemplar) }
            out.append(.lineFeed)
        }
        begin(name, "_sum", labels)
        append(sum)
        out.append(.lineFeed)
        begin(name, "_count", labels)
        append(cumulative)
        out.append(.lineFeed)
    }

    /// ` # {trace_id="…"} value timestamp` (OpenMetrics 1.0.0, Exemplars).
    private mutating func write(_ exemplar: Exemplar) {
        append(" # {trace_id=\"")
        append(exemplar.traceID)
        append("\"} ")
        append(exemplar.value)
        out.append(.space)
        append(Double(exemplar.milliseconds) / 1_000)
    }

    private mutating func header(_ metric: Metric) {
        let type = metric.kind.word
        // OpenMetrics names a counter's family without the suffix of its samples.
        let isCut = format == .openMetrics && type == "counter" && metric.name.hasSuffix("_total")
        let family = isCut ? metric.name.dropLast(6) : metric.name[...]
        let help = metric.help.split(separator: "\n").joined(separator: " ")
        append("# HELP \(family) \(help)\n# TYPE \(family) \(type)\n")
        if format == .openMetrics, let unit = metric.unit { append("# UNIT \(family) \(unit)\n") }
    }

    /// `name_suffix{labels,more} `, up to the value.
    private mutating func begin(_ name: [UInt8], _ suffix: String, _ labels: [UInt8], _ more: [UInt8] = []) {
        out += name
        out += suffix.utf8
        if !labels.isEmpty || !more.isEmpty {
            out.append(UInt8(ascii: "{"))
            out += labels
            if !labels.isEmpty, !more.isEmpty { out.append(UInt8(ascii: ",")) }
            out += more
            out.append(UInt8(ascii: "}"))
        }
        out.append(.space)
    }

    private mutating func append(_ text: String) { out += text.utf8 }

    private mutating func append(_ number: UInt64) {
        var (rest, start) = (number, out.count)
        repeat {
            out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        var end = out.count - 1
        while start < end {
            out.swapAt(start, end)
            (start, end) = (start + 1, end - 1)
        }
    }

    private mutating func append(_ number: Double) {
        if number >= 0, number < 1e15, number == number.rounded() {
            append(UInt64(number))
        } else {
            append(Self.number(number))
        }
    }

    /// A number as both formats read it: `1` rather than `1.0`, `+Inf`, `NaN`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }
}

extension UInt8 {
    fileprivate static let lineFeed = UInt8(ascii: "\n")
    fileprivate static let space = UInt8(ascii: " ")
}
