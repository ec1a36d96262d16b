import JSON

/// Turns a service's JSON log line into one that people read: time, service, level, message, the other fields.
struct LogLine {
    /// Colours for a terminal; none when the output goes elsewhere.
    struct Style {
        let coloured: Bool

        func paint(_ text: String, _ code: String) -> String { coloured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
    }

    /// What every line carries already, or what only a machine wants.
    private static let hidden: Set<String> = [
        "time", "level", "message", "service", "version", "trace_id", "span_id",
    ]
    private static let colours = ["gateway": "36", "user-service": "35", "payments-service": "33"]
    private static let width = "payments-service".count

    /// The line for people. Anything that is not a JSON object is passed through behind the service's name.
    static func readable(_ line: String, from service: String, style: Style) -> String {
        let name = style.paint(pad(service, width), colours[service] ?? "34")
        guard let value = try? JSONValue(parsing: Array(line.utf8)), case .object(let members) = value else {
            return "\(name)  \(line)"
        }
        let time = clockTime(text(value["time"]))
        let level = text(value["level"]).uppercased()
        let fields = members.filter { !hidden.contains($0.name) }
            .map { "\(style.paint($0.name + "=", "2"))\(text($0.value))" }
        let parts = [time, name, paint(level: level, style), text(value["message"])] + fields
        return parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private static func paint(level: String, _ style: Style) -> String {
        switch level {
        case "ERROR", "CRITICAL": style.paint(pad(level, 5), "31;1")
        case "WARNING": style.paint("WARN ", "33;1")
        default: style.paint(pad(level, 5), "2")
        }
    }

    /// The time of day of an RFC 3339 time: a terminal's reader knows the date.
    private static func clockTime(_ time: String) -> String {
        guard let start = time.firstIndex(of: "T") else { return time }
        return String(time[time.index(after: start)...].prefix { $0 != "Z" && $0 != "+" })
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        case .null, nil: ""
        case .array(let elements): "[" + elements.map { Self.text($0) }.joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\($0.name):\(Self.text($0.value))" }.joined(separator: ",") + "}"
        }
    }
}
