import Foundation

/// Draws the model as lines of text, for a terminal of any size or for a file.
struct TopView {
    let columns: Int
    /// Nil prints everything.
    let rows: Int?
    /// Whether to mark what matters by colour.
    let hasColours: Bool

    /// At most `rows` lines of at most `columns` characters, colours aside.
    func lines(_ model: TopModel, at time: Double) -> [String] {
        var lines = [title(model, at: time), ""]
        lines += services(model)
        lines += upstreams(model)
        let troubles = troubles(model)
        let left = rows.map { max(3, $0 - lines.count - troubles.count) }
        lines += routes(model, limit: left)
        lines += troubles
        guard let rows else { return lines }
        return Array(lines.prefix(rows))
    }

    private func title(_ model: TopModel, at time: Double) -> String {
        let up = model.services.count { $0.latest != nil }
        let hint = rows == nil ? "" : "   q quits"
        return cut("tollgate top   \(Self.clock(time))   \(up) of \(model.services.count) services answer" + hint)
    }

    // MARK: - Services

    private func services(_ model: TopModel) -> [String] {
        let head = Self.row([
            "SERVICE", "UP", "REQ/S", "ERR", "P50", "P99", "CPU", "MEMORY", "OPEN", "QUEUE", "LAST P99",
        ])
        return [faint(cut(head))] + model.services.map(service) + [""]
    }

    private func service(_ service: TopModel.Service) -> String {
        guard let latest = service.latest, let whole = service.rows.first else {
            return red(cut("\(service.address) does not answer: \(service.problem ?? "not asked yet")"))
        }
        let uptime = (service.earlierTime ?? latest.startedAt) - latest.startedAt
        let line = Self.row([
            latest.name, Self.age(uptime), Self.rate(whole.rate), Self.percent(whole.errors),
            Self.time(whole.p50), Self.time(whole.p99), Self.percent(service.cpu), Self.bytes(latest.residentBytes),
            "\(Int(latest.inFlight))", "\(Int(latest.queued))", Self.sparkline(service.p99),
        ])
        return whole.errors > 0 ? red(cut(line)) : cut(line)
    }

    private static func row(_ cells: [String]) -> String {
        let widths = [-17, 7, 9, 8, 9, 9, 8, 9, 6, 6]
        return zip(cells, widths).map { $0.padded($1) }.joined() + "  "
            + (cells.count > widths.count ? cells.last! : "")
    }

    // MARK: - Upstreams

    private func upstreams(_ model: TopModel) -> [String] {
        let all = model.services.compactMap(\.latest).flatMap(\.upstreams)
        guard !all.isEmpty else { return [] }
        let widths = [-20, -11, 12, 10, 11, 9]
        let head = zip(["UPSTREAM", "BREAKER", "FIT", "OPEN", "LATENCY", "RETRIES"], widths).map { $0.padded($1) }
        return [faint(cut(head.joined()))]
            + all.map { upstream in
                let cells = [
                    upstream.name, upstream.breaker, "\(upstream.fit) of \(upstream.addresses)",
                    "\(Int(upstream.inFlight))", Self.time(upstream.latency), "\(Int(upstream.retries))",
                ]
                let line = cut(zip(cells, widths).map { $0.padded($1) }.joined())
                return upstream.breaker == "closed" && upstream.fit == upstream.addresses ? line : red(line)
            } + [""]
    }

    // MARK: - Routes

    private func routes(_ model: TopModel, limit: Int?) -> [String] {
        let all = model.services.flatMap { $0.rows.dropFirst() }.filter { $0.rate > 0 }
            .sorted { ($0.rate, $1.label) > ($1.rate, $0.label) }
        let shown = limit.map { Array(all.prefix(max(0, $0 - 1))) } ?? all
        let head = Self.route("ROUTE", ["REQ/S", "ERR", "P50", "P99"], "SERVICE", columns)
        return [faint(cut(head))]
            + shown.map { row in
                let cells = [
                    Self.rate(row.rate), Self.percent(row.errors), Self.time(row.p50), Self.time(row.p99),
                ]
                let line = cut(Self.route(row.label, cells, row.service, columns))
                return row.errors > 0 ? red(line) : line
            }
    }

    private static func route(_ name: String, _ cells: [String], _ service: String, _ columns: Int) -> String {
        let numbers = zip(cells, [9, 8, 9, 9]).map { $0.padded($1) }.joined()
        return service.padded(-18) + name.padded(-max(20, min(60, columns - 56))) + numbers
    }

    // MARK: - Failures

    private func troubles(_ model: TopModel) -> [String] {
        guard !model.troubles.isEmpty else { return [] }
        let lines = model.troubles.prefix(5).map { trouble in
            red(
                cut(
                    "\(Self.clock(trouble.time))  \(trouble.service.padded(-18))\(trouble.status)  \(trouble.what)"
                        + (trouble.count > 1 ? "  × \(trouble.count)" : "")))
        }
        return ["", faint("LAST ERRORS")] + lines
    }

    // MARK: - Words

    private func cut(_ text: String) -> String { String(text.prefix(max(1, columns))) }
    private func red(_ text: String) -> String { hasColours ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
    private func faint(_ text: String) -> String { hasColours ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    /// A block for each value, as high as it is among the others; a blank where there is none.
    static func sparkline(_ values: [Double?]) -> String {
        let blocks = Array("▁▂▃▄▅▆▇█")
        let highest = values.compactMap { $0 }.max() ?? 0
        return String(
            values.suffix(30).map { value in
                guard let value, highest > 0 else { return " " }
                return blocks[min(blocks.count - 1, Int(value / highest * Double(blocks.count - 1) + 0.5))]
            })
    }

    static func time(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        if seconds >= 1 { return String(format: "%.2f s", seconds) }
        return String(format: seconds < 0.01 ? "%.1f ms" : "%.0f ms", seconds * 1_000)
    }

    static func rate(_ value: Double) -> String { String(format: value < 100 ? "%.1f" : "%.0f", value) }
    static func percent(_ share: Double) -> String { String(format: share < 0.1 ? "%.1f %%" : "%.0f %%", share * 100) }
    static func bytes(_ count: Double) -> String { String(format: "%.0f MiB", count / 1_048_576) }

    static func age(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: String(format: "%.0fs", max(0, seconds))
        case ..<7_200: String(format: "%.0fm", seconds / 60)
        case ..<172_800: String(format: "%.0fh", seconds / 3_600)
        default: String(format: "%.0fd", seconds / 86_400)
        }
    }

    static func clock(_ time: Double) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "HH:mm:ss"
        return formatter.string(from: Date(timeIntervalSince1970: time))
    }
}

extension String {
    /// Filled up with blanks: on the left, or on the right when `width` is negative; cut when it is longer.
    func padded(_ width: Int) -> String {
        let size = abs(width)
        if count >= size { return width < 0 ? String(prefix(size - 1)) + " " : " " + String(prefix(size - 1)) }
        let blanks = String(repeating: " ", count: size - count)
        return width < 0 ? self + blanks : blanks + self
    }
}
