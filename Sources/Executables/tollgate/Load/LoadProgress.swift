import Foundation

/// The line that is written over and over while a load test runs.
enum LoadProgress {
    static func line(_ summary: LoadSummary, elapsed: Double, of seconds: Double, inFlight: Int, width: Int) -> String {
        let done = min(1, elapsed / max(seconds, 0.001))
        let bar = bar(done, width: 16)
        let recent = recent(summary, at: elapsed)
        let p99 = LoadText.milliseconds(Double(recent.value(at: 99)) / 1_000)
        let line =
            "\(bar) \(Int(elapsed)) s of \(Int(seconds)) s  \(recent.count)/s  p99 \(p99)  "
            + "\(inFlight) under way  \(summary.failed) failed"
        return String(line.prefix(max(10, width)))
    }

    /// The latest whole second: later ones are not answered yet.
    private static func recent(_ summary: LoadSummary, at elapsed: Double) -> LoadTimes {
        let index = Int(elapsed) - 1
        return summary.seconds.indices.contains(index) ? summary.seconds[index].times : LoadTimes()
    }

    private static func bar(_ share: Double, width: Int) -> String {
        let full = Int((share * Double(width)).rounded(.down))
        return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    }
}
