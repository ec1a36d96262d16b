import JSON
import Yams

/// `/config`: which configuration serves, as it is written. References to the environment are shown as references, so
/// that no value of it appears; whatever is named like a secret, and whatever a route writes into header fields or looks
/// for in them, is left out.
struct ConfigurationReport {
    let loaded: ConfigurationSource.Loaded

    static let redacted = "[redacted]"
    /// Parts of names below which nothing is shown.
    private static let secretWords = ["password", "secret", "credential", "private"]
    /// Parts of names whose single value is not shown, unless the name is one of the file's own.
    private static let suspiciousWords = ["token", "key", "auth", "cookie"]
    private static let ownNames: Set = ["key", "keys", "auth", "token_type", "cookie"]
    /// Mappings from names that the file's author chose to values of header fields or of the query.
    private static let values: Set = ["request_headers", "response_headers", "headers", "query"]

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("file", loaded.file)
        json.member("digest", loaded.digest)
        if let node = try? Yams.compose(yaml: loaded.text) { json.member("configuration", Self.value(node)) }
        json.endObject()
    }

    /// The document as JSON; every scalar is a string, as it is written.
    static func value(_ node: Node) -> JSONValue {
        switch node {
        case .scalar(let scalar): return .string(scalar.string)
        case .sequence(let sequence): return .array(sequence.map(value))
        case .mapping(let mapping): return object(mapping, member)
        case .alias: return .null
        }
    }

    private static func member(_ name: String, _ node: Node) -> JSONValue {
        if let mapping = node.mapping {
            if values.contains(name) { return object(mapping) { fieldValue($1, of: $0) } }
            // A rate limit may be called `credentials`; what it says is nobody's secret.
            return isRateLimit(mapping) || !matches(name, secretWords) ? value(node) : .string(redacted)
        }
        let isSecret = matches(name, secretWords) || (matches(name, suspiciousWords) && !ownNames.contains(name))
        return isSecret ? .string(redacted) : value(node)
    }

    /// Of header fields only the names are shown, which is what `remove` lists, and whether one has to be there.
    private static func fieldValue(_ node: Node, of name: String) -> JSONValue {
        if let mapping = node.mapping { return object(mapping) { fieldValue($1, of: $0) } }
        return name == "remove" || name == "present" ? value(node) : .string(redacted)
    }

    private static func object(_ mapping: Node.Mapping, _ member: (String, Node) -> JSONValue) -> JSONValue {
        .object(
            mapping.map { key, node in
                let name = key.scalar?.string ?? ""
                return .init(name: name, value: member(name, node))
            })
    }

    private static func isRateLimit(_ mapping: Node.Mapping) -> Bool {
        Set(mapping.keys.compactMap(\.string)).isSuperset(of: ["key", "quota", "window"])
    }

    private static func matches(_ name: String, _ words: [String]) -> Bool {
        let name = name.lowercased()
        return words.contains { name.contains($0) }
    }
}
