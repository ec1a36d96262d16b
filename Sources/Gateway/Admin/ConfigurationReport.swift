import JSON
import Yams

/// `/config`: which configuration serves, as it is written. References to the environment are shown as references, so
/// that no value of it appears; whatever is named like a secret is left out.
struct ConfigurationReport {
    let loaded: ConfigurationSource.Loaded

    static let redacted = "[redacted]"
    private static let secretWords = ["password", "secret", "credential", "private"]

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
        case .mapping(let mapping):
            return .object(
                mapping.map { key, node in
                    let name = key.scalar?.string ?? ""
                    let isSecret = secretWords.contains { name.lowercased().contains($0) }
                    return .init(name: name, value: isSecret ? .string(redacted) : value(node))
                })
        case .alias: return .null
        }
    }
}
