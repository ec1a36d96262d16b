import HTTPTypes

/// A header or query parameter that a route asks for: with one exact value, or merely there.
struct ValueMatch: Sendable, Hashable, CustomStringConvertible {
    var name: String
    /// The only value that matches; `nil` for any.
    var value: String?

    /// `X-Canary=always`, or the name alone.
    var description: String { value.map { "\(name)=\($0)" } ?? name }
}

extension MappingReader {
    /// The header fields that a route asks for. Names are compared without regard to letter case.
    mutating func headerMatches(_ key: String) -> [ValueMatch] {
        var seen: Set<String> = []
        return valueMatches(key) { name, value in
            if HTTPField.Name(name) == nil { return value.fail("\"\(name)\" is not a header name") }
            if name.lowercased() == "host" { return value.fail("the host is matched by \"hosts\"") }
            if !seen.insert(name.lowercased()).inserted { value.fail("\"\(name)\" is written twice") }
        }
    }

    /// The query parameters that a route asks for. Names and values are compared in decoded form.
    mutating func queryMatches(_ key: String) -> [ValueMatch] {
        valueMatches(key) { name, value in
            if name.isEmpty { value.fail("needs the name of a query parameter") }
        }
    }

    /// Reads `name: value` and `name: { present: true }`.
    private mutating func valueMatches(
        _ key: String, check: (String, DocumentValue) -> Void
    ) -> [ValueMatch] {
        guard let entries = optional(key)?.mapping()?.named else { return [] }
        return entries.map { name, value in
            check(name, value)
            return ValueMatch(name: name, value: Self.exactValue(value))
        }
    }

    private static func exactValue(_ value: DocumentValue) -> String? {
        guard value.isMapping, var reader = value.mapping() else { return value.text() }
        if !reader.flag("present", default: false) {
            value.fail("must be a value, or { present: true } for any")
        }
        reader.finish()
        return nil
    }
}
