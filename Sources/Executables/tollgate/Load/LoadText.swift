import Foundation

/// The summary of a load test for a terminal.
enum LoadText {
    /// The percentiles of the table and the plot.
    static let percentiles: [Double] = [50, 75, 90, 95, 99, 99.9, 99.99, 100]

    static func lines(_ summary: LoadSummary, rate: Double, seconds: Double) -> [String] {
        [""] + table(summary, seconds: seconds) + [""] + plot(summary.total) + [""] + answers(summary, rate: rate)
    }

    private static func table(_ summary: LoadSummary, seconds: Double) -> [String] {
        let head = row("operation", ["requests", "per second", "failed", "p50", "p90", "p99", "p99.9", "max"])
        let operations = LoadOperation.allCases.compactMap { operation in
            summary.operations[operation].map { row(operation.rawValue, $0.times, $0.failed, seconds) }
        }
        return [head] + operations + [row("all", summary.total, summary.failed, seconds)]
    }

    private static func row(_ name: String, _ times: LoadTimes, _ failed: Int, _ seconds: Double) -> String {
        let rate = String(format: "%.1f", Double(times.count) / max(seconds, 0.001))
        let quantiles = [50, 90, 99, 99.9, 100].map { milliseconds(Double(times.value(at: $0)) / 1_000) }
        return row(name, ["\(times.count)", rate, "\(failed)"] + quantiles)
    }

    private static func row(_ name: String, _ cells: [String]) -> String {
        name.padding(toLength: 10, withPad: " ", startingAt: 0) + cells.map { padded($0, 11) }.joined()
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    // MARK: - Plot

    /// A bar for each percentile: how the times grow towards the slowest.
    static func plot(_ times: LoadTimes, width: Int = 50) -> [String] {
        guard times.count > 0 else { return [] }
        // The slowest of all would press everything else against the axis: bars grow with the logarithm.
        let top = log(Double(times.maximum) + 1)
        return percentiles.map { percentile in
            let value = times.value(at: percentile)
            let share = top > 0 ? log(Double(value) + 1) / top : 0
            let name = percentile == 100 ? "max" : "p" + trimmed(percentile)
            let bar = String(repeating: "█", count: max(1, Int((share * Double(width)).rounded())))
            return padded(name, 8) + padded(milliseconds(Double(value) / 1_000), 11) + "  " + bar
        }
    }

    private static func answers(_ summary: LoadSummary, rate: Double) -> [String] {
        let statuses = summary.statuses.sorted { $0.key < $1.key }.map { status, count in
            "\(status == 0 ? "none" : String(status)) \(count)"
        }
        var lines = ["answers: " + statuses.joined(separator: ", ")]
        lines += summary.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "  \($0.value) × \($0.key)" }
        if summary.late > 0 {
            lines.append("\(summary.late) requests were not sent: as many as --in-flight allows were under way")
        }
        return lines
    }

    // MARK: - Numbers

    /// `0.43 ms`, `12.3 ms`, `1.20 s`.
    static func milliseconds(_ value: Double) -> String {
        if value >= 1_000 { return String(format: "%.2f s", value / 1_000) }
        return String(format: value < 10 ? "%.2f ms" : "%.1f ms", value)
    }

    /// `0.12 %`.
    static func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }

    private static func trimmed(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}
