/// One line of an exposition: a series and its value.
struct Sample: Equatable, Sendable {
    let name: String
    let labels: [String: String]
    let value: Double
}

/// What a service answers to `GET /metrics`, read (Prometheus text format 0.0.4).
struct Samples: Sendable {
    private let byName: [String: [Sample]]

    /// Lines that are no samples are left out.
    init(_ text: String) {
        byName = Dictionary(grouping: text.split(separator: "\n").compactMap(Self.sample), by: \.name)
    }

    /// All series of a metric.
    subscript(name: String) -> [Sample] { byName[name] ?? [] }

    /// The value of a metric without labels, or the sum over its label sets; nil when there is none.
    func value(_ name: String) -> Double? {
        guard let samples = byName[name] else { return nil }
        return samples.reduce(0) { $0 + $1.value }
    }

    // MARK: - Reading

    private static func sample(_ line: Substring) -> Sample? {
        guard !line.hasPrefix("#") else { return nil }
        let name = line.prefix { $0 != "{" && $0 != " " }
        var rest = line.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.hasPrefix("{") {
            guard let read = readLabels(&rest) else { return nil }
            labels = read
        }
        guard !name.isEmpty, let text = rest.split(separator: " ").first, let value = number(text) else { return nil }
        return Sample(name: String(name), labels: labels, value: value)
    }

    /// Takes `{a="b",c="d"}` off the beginning; values have `\\`, `\"` and `\n`.
    private static func readLabels(_ rest: inout Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        rest.removeFirst()
        while let first = rest.first, first != "}" {
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count + 1)
            guard rest.popFirst() == "\"", let value = readValue(&rest) else { return nil }
            labels[String(name)] = value
            if rest.first == "," { rest.removeFirst() }
        }
        return rest.popFirst() == "}" ? labels : nil
    }

    private static func readValue(_ rest: inout Substring) -> String? {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            default: value.append(character)
            }
        }
        return nil
    }

    private static func number(_ text: Substring) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: Double(text)
        }
    }
}
