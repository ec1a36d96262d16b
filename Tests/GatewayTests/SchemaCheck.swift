import JSON
import Yams

/// Checks a document against a JSON Schema, as far as the gateway's schema goes: `type`, `pattern`, `minimum`, `maximum`,
/// `items`, `properties`, `required` and `additionalProperties`. An editor does the same.
struct SchemaCheck {
    /// What is wrong, each with its place.
    private(set) var mistakes: [String] = []

    init(_ yaml: String, by schema: JSONValue) throws {
        guard let node = try Yams.compose(yaml: yaml) else { return }
        check(node, schema, at: "")
    }

    private mutating func check(_ node: Node, _ schema: JSONValue, at place: String) {
        let allowed = schema["type"]?.array?.compactMap(\.string) ?? []
        let type = Self.type(of: node)
        guard allowed.isEmpty || allowed.contains(type) else {
            mistakes.append("\(place): \(type), not \(allowed.joined(separator: " or "))")
            return
        }
        switch node {
        case .mapping(let mapping): check(mapping, schema, at: place)
        case .sequence(let sequence):
            for (index, element) in sequence.enumerated() {
                check(element, schema["items"] ?? .null, at: "\(place)[\(index)]")
            }
        case .scalar: checkScalar(node, schema, at: place)
        case .alias: break
        }
    }

    private mutating func check(_ mapping: Node.Mapping, _ schema: JSONValue, at place: String) {
        let names = mapping.compactMap { $0.key.string }
        for name in schema["required"]?.array?.compactMap(\.string) ?? [] where !names.contains(name) {
            mistakes.append("\(place): lacks \(name)")
        }
        for (key, value) in mapping {
            let name = key.string ?? ""
            let other = schema["additionalProperties"]
            if let property = schema["properties"]?[name] {
                check(value, property, at: "\(place).\(name)")
            } else if other == .bool(false) {
                mistakes.append("\(place): does not know \(name)")
            } else {
                check(value, other ?? .null, at: "\(place).\(name)")
            }
        }
    }

    private mutating func checkScalar(_ node: Node, _ schema: JSONValue, at place: String) {
        if let number = node.int, Self.type(of: node) == "integer" {
            let isLow = schema["minimum"]?.integer.map { number < $0 } ?? false
            let isHigh = schema["maximum"]?.integer.map { number > $0 } ?? false
            if isLow || isHigh { mistakes.append("\(place): \(number) is out of range") }
        } else if let pattern = schema["pattern"]?.string, let text = node.string, Self.type(of: node) == "string",
            (try? Regex(pattern))?.firstMatchExists(in: text) != true
        {
            mistakes.append("\(place): \"\(text)\" does not match \(pattern)")
        }
    }

    private static func type(of node: Node) -> String {
        switch node {
        case .mapping: "object"
        case .sequence: "array"
        default:
            [Tag(.int): "integer", Tag(.bool): "boolean", Tag(.null): "null", Tag(.float): "number"][node.tag]
                ?? "string"
        }
    }
}

extension Regex {
    fileprivate func firstMatchExists(in text: String) -> Bool { (try? firstMatch(in: text)) != nil }
}
