/// Reads an `Accept-Encoding` field (RFC 9110 section 12.5.3).
public enum AcceptEncoding {
    /// Whether gzip may be used and is not liked less than no coding. A coding with a malformed weight is taken as refused.
    public static func prefersGzip(_ value: String?) -> Bool {
        guard let value else { return false }
        var gzip: Double?
        var identity: Double?
        var any: Double?
        for item in value.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";", maxSplits: 1).map(trimmed)
            guard let name = parts.first else { continue }
            let weight = parts.count == 1 ? 1 : weight(parts[1])
            switch name {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, weight)
            case "identity": identity = weight
            case "*": any = weight
            default: continue
            }
        }
        let chosen = gzip ?? any ?? 0
        return chosen > 0 && chosen >= identity ?? 0
    }

    /// `q=0` to `q=1` with at most three decimals.
    private static func weight(_ parameter: Substring) -> Double {
        guard parameter.hasPrefix("q="), case let number = parameter.dropFirst(2), number.count <= 5,
            number.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let weight = Double(number), weight <= 1
        else { return 0 }
        return weight
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
