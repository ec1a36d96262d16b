import JSON

/// A trace drawn as text: a line for each span, indented below its parent, with a bar where it lies in time. Pure.
struct Waterfall {
    /// One span, as a service gives it.
    struct Span: Equatable {
        var id: String
        var parent: String?
        var service: String
        var name: String
        /// Microseconds since 1970.
        var start: Int64
        /// Microseconds.
        var duration: Int64
        var isError = false
        /// What is worth a word on the line.
        var note = ""
    }

    /// Every span with its depth, children behind their parent in the order of their beginning.
    let rows: [(depth: Int, span: Span)]
    /// When the first one began.
    let start: Int64
    /// From the first beginning to the last end.
    let duration: Int64

    /// Spans of all services, in any order. Those whose parent is not there are roots: it may be a client's own.
    init(_ spans: [Span]) {
        let ordered = spans.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
            .map(\.element)
        let ids = Set(ordered.map(\.id))
        let children = Dictionary(grouping: ordered) { span in span.parent.flatMap { ids.contains($0) ? $0 : nil } ?? ""
        }
        var rows: [(Int, Span)] = []
        var seen: Set<String> = []
        func add(_ span: Span, _ depth: Int) {
            // Ids come from outside: a circle ends here.
            guard seen.insert(span.id).inserted else { return }
            rows.append((depth, span))
            for child in children[span.id] ?? [] { add(child, depth + 1) }
        }
        for root in children[""] ?? [] { add(root, 0) }
        for span in ordered { add(span, 0) }
        self.rows = rows
        start = ordered.first?.start ?? 0
        duration = (ordered.map { $0.start + $0.duration }.max() ?? 0) - start
    }

    /// The lines.
    /// - Parameters:
    ///   - width: Columns of the terminal.
    ///   - isColoured: Whether it shows colours.
    func lines(width: Int = 100, isColoured: Bool = false) -> [String] {
        let labels = rows.map { Self.label($0.depth, $0.span) }
        let column = min(labels.map(\.count).max() ?? 0, max(24, width / 2))
        // The label, a space, the bar in its brackets, a space, the time.
        let bar = max(10, width - column - 15)
        return zip(rows, labels).map { row, label in
            let text = label.count > column ? String(label.prefix(column - 1)) + "…" : label
            let padded = text + String(repeating: " ", count: column - text.count)
            let time = Self.time(row.span.duration)
            let line =
                "\(padded) [\(self.bar(row.span, bar))] \(String(repeating: " ", count: max(0, 9 - time.count)))\(time)"
            let marked = row.span.isError ? "\(line) !" : line
            let noted = row.span.note.isEmpty ? marked : "\(marked) \(row.span.note)"
            return isColoured && row.span.isError ? "\u{1B}[31m\(noted)\u{1B}[0m" : noted
        }
    }

    private static func label(_ depth: Int, _ span: Span) -> String {
        String(repeating: "  ", count: min(depth, 20)) + "\(span.service): \(span.name)"
    }

    /// Where the span lies; at least one mark, however short it is.
    private func bar(_ span: Span, _ width: Int) -> String {
        let scale = Double(width) / Double(max(1, duration))
        let first = min(width - 1, max(0, Int(Double(span.start - start) * scale)))
        let last = min(
            width - 1, max(first, Int((Double(span.start - start + span.duration) * scale).rounded(.up)) - 1))
        return String(repeating: " ", count: first) + String(repeating: "=", count: last - first + 1)
            + String(repeating: " ", count: width - last - 1)
    }

    /// `420us`, `1.42ms`, `3.20s`.
    static func time(_ microseconds: Int64) -> String {
        func fixed(_ hundredths: Int64) -> String {
            let rest = hundredths % 100
            return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
        }
        if microseconds < 1_000 { return "\(microseconds)us" }
        if microseconds < 1_000_000 { return fixed(microseconds / 10) + "ms" }
        return fixed(microseconds / 10_000) + "s"
    }
}

extension Waterfall.Span {
    /// A span of `GET /traces/{id}`; `nil` when it is none.
    init?(_ json: JSONValue) {
        guard let id = json["span_id"]?.string, let service = json["service"]?.string,
            let name = json["name"]?.string, let start = json["start_us"]?.integer,
            let duration = json["duration_us"]?.integer
        else { return nil }
        let attributes = json["attributes"]
        var notes: [String] = []
        for key in ["http.response.status_code", "tollgate.db.commit.batch_size", "http.request.resend_count"] {
            if let number = attributes?[key]?.integer { notes.append("\(Self.word(key))\(number)") }
        }
        for key in ["error.type", "tollgate.part", "tollgate.reason"] {
            if let text = attributes?[key]?.string, !notes.contains(text) { notes.append(text) }
        }
        self.init(
            id: id, parent: json["parent_span_id"]?.string, service: service, name: name, start: start,
            duration: duration, isError: json["error"] == .bool(true), note: notes.joined(separator: " "))
    }

    private static func word(_ key: String) -> String {
        switch key {
        case "tollgate.db.commit.batch_size": "batch="
        case "http.request.resend_count": "resend="
        default: ""
        }
    }
}
