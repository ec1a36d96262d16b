import Foundation

/// When a load test has failed.
struct LoadThresholds: Equatable, Sendable {
    /// The p99 that is still good, in milliseconds.
    var p99: Double?
    /// The share (0–1) of failed requests that is still good.
    var errors: Double?

    /// `50ms` or `1.5s` in milliseconds; nil for anything else.
    static func milliseconds(_ text: String) -> Double? {
        if text.hasSuffix("ms") { return number(text.dropLast(2)) }
        if text.hasSuffix("s") { return number(text.dropLast()).map { $0 * 1_000 } }
        return nil
    }

    /// `30s`, `5m` or `1h` in seconds; nil for anything else.
    static func seconds(_ text: String) -> Double? {
        guard let unit = text.last, let factor = ["s": 1.0, "m": 60, "h": 3_600][unit] else { return nil }
        return number(text.dropLast()).map { $0 * factor }
    }

    /// `0.1%` as a share; nil for anything else.
    static func share(_ text: String) -> Double? {
        guard text.hasSuffix("%"), let percent = number(text.dropLast()), percent <= 100 else { return nil }
        return percent / 100
    }

    private static func number(_ text: Substring) -> Double? {
        guard let number = Double(text), number.isFinite, number >= 0 else { return nil }
        return number
    }

    /// What was crossed, one line each.
    func crossed(by summary: LoadSummary) -> [String] {
        var lines: [String] = []
        let reached = Double(summary.total.value(at: 99)) / 1_000
        if let p99, reached > p99 {
            lines.append("p99 is \(LoadText.milliseconds(reached)), above \(LoadText.milliseconds(p99))")
        }
        if let errors, summary.errorShare > errors {
            lines.append("\(LoadText.percent(summary.errorShare)) failed, above \(LoadText.percent(errors))")
        }
        return lines
    }
}
