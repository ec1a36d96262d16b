import Chassis
import JSON

/// The JSON Schema of the configuration file, for editors.
///
/// It is not written by hand: the reader of the file is run over a document that has whatever it is asked for, many times,
/// each time with other parts missing or in another of their forms, and what the reader asked for is written down. So the
/// schema knows every key, its forms, ranges, choices and defaults, and cannot fall behind. What a file must keep beyond
/// that (names that exist, paths that do not overlap) is for `gateway --validate`.
enum ConfigurationSchema {
    /// Readings until nothing new turns up, with a margin.
    private static let readings = 2_000

    /// The schema as it is shipped in `config/gateway.schema.json`.
    static var text: String {
        guard let document = try? JSONValue(parsing: document(), limits: JSONLimits(bytes: 1 << 20)) else { return "" }
        return indented(document, "") + "\n"
    }

    /// One line for each member, so that changes can be read.
    private static func indented(_ value: JSONValue, _ margin: String) -> String {
        guard case .object(let members) = value, !members.isEmpty else {
            var json = JSONWriter()
            json.value(value)
            return String(decoding: json.bytes, as: UTF8.self)
        }
        let inner = margin + "  "
        let lines = members.map { "\(inner)\"\($0.name)\": \(indented($0.value, inner))" }
        return "{\n\(lines.joined(separator: ",\n"))\n\(margin)}"
    }

    /// The schema as JSON (draft 2020-12).
    static func document() -> [UInt8] {
        let root = SchemaShape()
        let chances = Chances()
        for _ in 0..<readings { GatewayConfiguration.read(asking: root, chances) }
        var json = JSONWriter(capacity: 32 << 10)
        json.beginObject()
        json.member("$schema", "https://json-schema.org/draft/2020-12/schema")
        json.member("title", "Tollgate gateway")
        root.writeMembers(to: &json)
        json.endObject()
        return json.bytes
    }
}

/// The coin that decides what a sample document has. Always the same sequence, so that the schema is always the same.
final class Chances {
    private var random = SplitMix64(seed: 0x746F_6C6C_6761_7465)

    /// True in `percent` of a hundred cases.
    func happens(_ percent: UInt64) -> Bool { next() % 100 < percent }

    func next() -> UInt64 { random.next() }
}

/// A value of a sample document: it has the form that it is asked for.
struct SampleValue {
    let shape: SchemaShape
    let chances: Chances
    /// Texts that keep the reader going where it looks at them.
    private static let texts = ["path": "/sample", "url": "http://sample:80", "strip_prefix": "/sample"]

    func text(at path: String) -> String {
        shape.text()
        let key = path.split(separator: ".").last.map { $0.prefix { $0 != "[" } } ?? ""
        return Self.texts[String(key)] ?? "sample"
    }

    /// One of several forms, where the reader takes several.
    var isInThisForm: Bool { chances.happens(50) }
}
