/// What clients send back of an `ETag` (RFC 9110 section 13.1.2).
public enum EntityTags {
    /// Whether `If-None-Match` names the tag: `*`, or a list that holds it. Weak comparison: `W/` makes no difference.
    ///
    /// A malformed list names nothing from where it is malformed on.
    public static func isNamed(_ tag: String, ifNoneMatch list: String) -> Bool {
        let opaque = tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]
        var rest = list[...]
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
            if rest.hasPrefix("*") { return true }
            if rest.hasPrefix("W/") { rest = rest.dropFirst(2) }
            // A tag may hold a comma, so its end is its quote.
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { return false }
            let named = rest[...end]
            if named == opaque { return true }
            rest = rest[rest.index(after: end)...]
        }
    }
}
