import Foundation

/// The report of a load test as one HTML file: figures, times over time and by percentile, no script, nothing from
/// elsewhere, readable in light and dark.
struct LoadPage {
    let summary: LoadSummary
    /// What was asked for, line by line.
    let conditions: [(name: String, value: String)]
    /// What was found at the end: thresholds, the ledger.
    let verdicts: [(holds: Bool, text: String)]

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Tollgate: load</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <main>
        <h1>Load</h1>
        \(verdictList)
        <dl class="figures">\(figures)</dl>
        <section><h2>Time by percentile</h2>\(percentileChart)</section>
        <section><h2>Time and rate over the run</h2>\(timelineChart)\(rateChart)</section>
        <section><h2>Operations</h2>\(table)</section>
        <section><h2>Answers</h2>\(answers)</section>
        <section><h2>Conditions</h2>\(conditionTable)</section>
        <p class="note">A time counts from the moment when its request was due at the constant rate, so a server that stands still
        is not spared the requests that it would have kept waiting.</p>
        </main>
        </body>
        </html>

        """
    }

    // MARK: - Text

    private var verdictList: String {
        let items = verdicts.map { verdict in
            "<li class=\"\(verdict.holds ? "good" : "bad")\">\(verdict.holds ? "✓" : "✗") \(Self.escaped(verdict.text))</li>"
        }
        return items.isEmpty ? "" : "<ul class=\"verdicts\">\(items.joined())</ul>"
    }

    private var figures: String {
        let pairs = [
            ("requests", "\(summary.sent)"), ("failed", LoadText.percent(summary.errorShare)),
            ("p50", Self.time(summary.total.value(at: 50))), ("p99", Self.time(summary.total.value(at: 99))),
            ("p99.9", Self.time(summary.total.value(at: 99.9))), ("max", Self.time(summary.total.maximum)),
        ]
        return pairs.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }.joined()
    }

    private var table: String {
        let rows = LoadOperation.allCases.compactMap { operation in
            summary.operations[operation].map { Self.row(operation.rawValue, $0.times, $0.failed) }
        }
        let head = ["operation", "requests", "failed", "p50", "p90", "p99", "p99.9", "max"].map { "<th>\($0)</th>" }
        return "<table><thead><tr>\(head.joined())</tr></thead><tbody>\(rows.joined())"
            + "\(Self.row("all", summary.total, summary.failed))</tbody></table>"
    }

    private static func row(_ name: String, _ times: LoadTimes, _ failed: Int) -> String {
        let cells =
            ["\(times.count)", "\(failed)"] + [50, 90, 99, 99.9, 100].map { time(times.value(at: $0)) }
        return "<tr><th>\(name)</th>\(cells.map { "<td>\($0)</td>" }.joined())</tr>"
    }

    private var answers: String {
        let statuses = summary.statuses.sorted { $0.key < $1.key }.map { status, count in
            "<tr><th>\(status == 0 ? "none" : String(status))</th><td>\(count)</td></tr>"
        }
        let reasons = summary.reasons.sorted { $0.value > $1.value }.map { reason, count in
            "<tr><th>\(Self.escaped(reason))</th><td>\(count)</td></tr>"
        }
        return "<table><tbody>\(statuses.joined())\(reasons.joined())</tbody></table>"
    }

    private var conditionTable: String {
        let rows = conditions.map { "<tr><th>\(Self.escaped($0.name))</th><td>\(Self.escaped($0.value))</td></tr>" }
        return "<table><tbody>\(rows.joined())</tbody></table>"
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    static func time(_ microseconds: UInt64) -> String { LoadText.milliseconds(Double(microseconds) / 1_000) }
}

// MARK: - Charts

extension LoadPage {
    private var percentileChart: String {
        // The axis is that of HdrHistogram's plots: each nine takes the same room.
        let steps: [Double] = [0, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999]
        let shown = steps.filter { $0 == 0 || Double(summary.total.count) * (1 - $0 / 100) >= 0.5 }
        let points = shown.map { step in
            (-log10(1 - step / 100), Double(summary.total.value(at: step)) / 1_000)
        }
        let marks = [(50.0, "50 %"), (90, "90 %"), (99, "99 %"), (99.9, "99.9 %"), (99.99, "99.99 %")]
            .map { (-log10(1 - $0.0 / 100), $0.1) }
        return LoadChart(label: "Time by percentile", unit: "ms", marks: marks, lines: [("all", points)]).svg
    }

    private var timelineChart: String {
        LoadChart(
            label: "Time by second", unit: "ms", marks: secondMarks,
            lines: [50.0, 99].map { percentile in
                let points = summary.seconds.enumerated().map { index, second in
                    (Double(index), Double(second.times.value(at: percentile)) / 1_000)
                }
                return ("p\(Int(percentile))", points)
            }
        ).svg
    }

    private var rateChart: String {
        LoadChart(
            label: "Requests and failures by second", unit: "/s", marks: secondMarks,
            lines: [
                ("requests", summary.seconds.enumerated().map { (Double($0), Double($1.times.count)) }),
                ("failed", summary.seconds.enumerated().map { (Double($0), Double($1.failed)) }),
            ]
        ).svg
    }

    private var secondMarks: [(Double, String)] {
        let count = summary.seconds.count
        let step = max(1, (count + 5) / 6)
        return stride(from: 0, to: count, by: step).map { (Double($0), "\($0) s") }
    }

    fileprivate static let style = """
        :root{color-scheme:light dark;--ink:#1c2430;--paper:#fff;--faint:#6b7684;--rule:#dfe4ea;--one:#1f6feb;--two:#c2410c;\
        --good:#11803c;--bad:#c0262d}
        @media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--paper:#12161c;--faint:#98a3b1;--rule:#2a313b;--one:#6aa9ff;\
        --two:#ff9d66;--good:#4cc38a;--bad:#ff7b80}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:60rem;margin:0 auto;padding:2rem 1rem}
        h1{margin:0 0 1rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
        .verdicts{list-style:none;padding:0;margin:0 0 1rem}.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:1rem;margin:0}
        .figures div{border-top:2px solid var(--rule);padding-top:.5rem}.figures dt{color:var(--faint);font-size:.85rem}
        .figures dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}
        th,td{padding:.3rem .5rem;border-bottom:1px solid var(--rule);text-align:right}
        th:first-child{text-align:left;font-weight:500}thead th{color:var(--faint);font-weight:400}
        svg{width:100%;height:auto;display:block;margin:.5rem 0 1rem}
        svg text{fill:var(--faint);font:12px system-ui,sans-serif}
        svg .rule{stroke:var(--rule)}svg .line0{stroke:var(--one)}svg .line1{stroke:var(--two)}
        svg .key0{fill:var(--one)}svg .key1{fill:var(--two)}
        .note{color:var(--faint);font-size:.85rem;margin-top:2rem}
        """
}
