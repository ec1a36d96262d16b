import JSON

/// What the reader asks of one value of the document: the value's part of the JSON Schema.
///
/// A class, because it is filled in over many readings. Used by one thread, for a moment.
final class SchemaShape {
    /// The forms that a value may have.
    enum Form: String, CaseIterable {
        case object
        case array
        case string
        case integer
        case boolean
    }

    private(set) var forms: Set<Form> = []
    private var properties: [String: SchemaShape] = [:]
    private var requests: [String: Int] = [:]
    /// Keys that were asked for as ones that may be missing, however they were asked for otherwise.
    private var optionals: Set<String> = []
    private var visits = 0
    private var named: SchemaShape?
    private var items: SchemaShape?
    /// What a string must match, unless it refers to the environment.
    private var patterns: Set<String> = []
    private var range: ClosedRange<Int>?
    private var fallback: JSONValue?
    private var descriptions: Set<String> = []

    // MARK: - What the reader asks for

    /// A mapping is read.
    func visit() {
        forms.insert(.object)
        visits += 1
    }

    func property(_ key: String, isRequired: Bool) -> SchemaShape {
        if isRequired { requests[key, default: 0] += 1 } else { optionals.insert(key) }
        let known = properties[key] ?? SchemaShape()
        properties[key] = known
        return known
    }

    /// The values of a mapping whose keys are names.
    func namedValue() -> SchemaShape {
        let known = named ?? SchemaShape()
        named = known
        return known
    }

    func element() -> SchemaShape {
        forms.insert(.array)
        let known = items ?? SchemaShape()
        items = known
        return known
    }

    func text() { forms.insert(.string) }

    func flag(default fallback: Bool) {
        forms.formUnion([.boolean, .string])
        self.fallback = .bool(fallback)
    }

    func integer(_ range: ClosedRange<Int>, default fallback: Int?) {
        forms.formUnion([.integer, .string])
        self.range = range
        self.fallback = fallback.map { .integer(Int64($0)) }
    }

    func duration(_ range: ClosedRange<UInt64>, default fallback: UInt64?) {
        forms.insert(.string)
        patterns.insert("^[0-9]+(ms|s|m|h)$")
        let (least, most) = (
            Quantities.text(milliseconds: range.lowerBound), Quantities.text(milliseconds: range.upperBound)
        )
        descriptions = ["A time from \(least) to \(most)."]
        self.fallback = fallback.map { .string(Quantities.text(milliseconds: $0)) }
    }

    func size(_ range: ClosedRange<Int>, default fallback: Int) {
        forms.formUnion([.integer, .string])
        patterns.insert("^[0-9]+(KiB|MiB|GiB)?$")
        descriptions = ["A size from \(range.lowerBound) to \(range.upperBound) bytes; \(fallback) if not written."]
    }

    func choice(_ names: [String], default fallback: String) {
        forms.insert(.string)
        patterns.insert("^(\(names.joined(separator: "|")))$")
        self.fallback = .string(fallback)
    }

    // MARK: - JSON Schema

    /// The members of the schema, in the order of their names.
    func write(to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(to: &json)
        json.endObject()
    }

    func writeMembers(to json: inout JSONWriter) {
        if !forms.isEmpty {
            json.member("type", JSONValue.array(forms.map(\.rawValue).sorted().map { .string($0) }))
        }
        if let text = descriptions.first { json.member("description", text) }
        if let fallback { json.member("default", fallback) }
        if let range {
            json.member("minimum", range.lowerBound)
            json.member("maximum", range.upperBound)
        }
        // Whatever is a single value may come from the environment.
        if !patterns.isEmpty {
            json.member("pattern", (patterns.sorted() + ["\\$\\{"]).joined(separator: "|"))
        } else if forms.contains(.string), !forms.isDisjoint(with: [.integer, .boolean]) {
            json.member("pattern", "^(true|false|[0-9]+)$|\\$\\{")
        }
        if let items {
            json.key("items")
            items.write(to: &json)
        }
        if forms.contains(.object) { writeProperties(to: &json) }
    }

    private func writeProperties(to json: inout JSONWriter) {
        if !properties.isEmpty {
            json.key("properties")
            json.beginObject()
            for (name, shape) in properties.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                shape.write(to: &json)
            }
            json.endObject()
        }
        let required = requests.filter { $0.value == visits && !optionals.contains($0.key) }.keys.sorted()
        if !required.isEmpty { json.member("required", JSONValue.array(required.map { .string($0) })) }
        json.key("additionalProperties")
        if let named { named.write(to: &json) } else { json.bool(false) }
    }
}
