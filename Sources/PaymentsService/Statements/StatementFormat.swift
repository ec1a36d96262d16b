/// How a statement is written.
enum StatementFormat: Sendable {
    case json, csv

    /// What `Accept` prefers (RFC 9110 §12.5.1): CSV only where it is wanted more than JSON. What accepts neither gets JSON.
    init(accept: String?) {
        guard let accept else {
            self = .json
            return
        }
        let ranges = accept.lowercased().split(separator: ",").map(Self.range)
        self =
            Self.weight(of: "text/csv", "text/*", in: ranges)
                > Self.weight(of: "application/json", "application/*", in: ranges)
            ? .csv : .json
    }

    private static func range(_ text: Substring) -> (type: String, weight: Double) {
        let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
        return (parts.first ?? "", weight ?? 1)
    }

    /// The most exact range that matches decides.
    private static func weight(
        of type: String, _ group: String, in ranges: [(type: String, weight: Double)]
    ) -> Double {
        for name in [type, group, "*/*"] {
            if let range = ranges.first(where: { $0.type == name }) { return range.weight }
        }
        return 0
    }
}
