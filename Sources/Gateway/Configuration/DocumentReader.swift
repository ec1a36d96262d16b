import Yams

/// A value of the document with its place, not yet read.
struct DocumentValue {
    let node: Node
    let path: String
    let context: DocumentContext
    /// Set in a sample document, from which ``ConfigurationSchema`` is made.
    var sample: SampleValue?

    var mark: SourceMark { SourceMark(node.mark) }

    func fail(_ message: String) { context.issues.add(message, at: mark, path: path) }

    /// The scalar's text with environment references replaced; `nil` (and an issue) when it is none or empty.
    func text() -> String? {
        if let sample { return sample.text(at: path) }
        guard case .scalar(let scalar) = node else {
            fail("must be a single value")
            return nil
        }
        do throws(Interpolation.Failure) {
            let text = try context.interpolation.expand(scalar.string)
            if text.isEmpty { fail("must not be empty") }
            return text.isEmpty ? nil : text
        } catch {
            fail(error.message)
            return nil
        }
    }

    /// Whether it is a list, where a single value is allowed too.
    var isList: Bool { sample?.isInThisForm ?? (node.sequence != nil) }

    /// Whether it is a mapping, where a single value is allowed too.
    var isMapping: Bool { sample?.isInThisForm ?? (node.mapping != nil) }

    /// The sequence's elements; an empty array (and an issue) when it is none.
    func elements() -> [DocumentValue] {
        if let sample { return [like(sample.shape.element(), path: "\(path)[0]")] }
        guard case .sequence(let sequence) = node else {
            fail("must be a list")
            return []
        }
        return sequence.enumerated().map { .init(node: $1, path: "\(path)[\($0)]", context: context) }
    }

    /// The mapping's reader; `nil` (and an issue) when it is none.
    func mapping() -> MappingReader? {
        if let sample {
            sample.shape.visit()
            return MappingReader([:], value: self)
        }
        guard case .mapping(let mapping) = node else {
            fail("must be a mapping of keys to values")
            return nil
        }
        return MappingReader(mapping, value: self)
    }

    /// Another value of the same sample document.
    fileprivate func like(_ shape: SchemaShape, path: String) -> DocumentValue {
        DocumentValue(
            node: node, path: path, context: context,
            sample: sample.map { SampleValue(shape: shape, chances: $0.chances) })
    }
}

/// What reading needs everywhere: where issues go and what references mean.
struct DocumentContext {
    let issues: IssueList
    let interpolation: Interpolation
}

extension SourceMark {
    init(_ mark: Mark?) {
        self = mark.map { SourceMark(line: $0.line, column: $0.column) } ?? .start
    }
}

/// Reads a mapping key by key; ``finish()`` then reports the keys that nobody asked for.
struct MappingReader {
    private let entries: [(key: String, mark: SourceMark, value: DocumentValue)]
    private var known: Set<String> = []
    /// The mapping itself, for issues that concern no single key.
    let value: DocumentValue

    init(_ mapping: Node.Mapping, value: DocumentValue) {
        self.value = value
        entries = mapping.map { key, node in
            let name = key.scalar?.string ?? ""
            let path = value.path.isEmpty ? name : "\(value.path).\(name)"
            return (name, SourceMark(key.mark), DocumentValue(node: node, path: path, context: value.context))
        }
    }

    /// The keys and values in the order of the file, for mappings whose keys are names.
    var named: [(name: String, value: DocumentValue)] {
        if let sample = value.sample { return [("sample", value.like(sample.shape.namedValue(), path: "sample"))] }
        return entries.map { ($0.key, $0.value) }
    }

    /// The key's value, `nil` when absent. Marks the key as known.
    mutating func optional(_ key: String) -> DocumentValue? {
        known.insert(key)
        if let sample = value.sample {
            let found = value.like(sample.shape.property(key, isRequired: false), path: key)
            return sample.chances.happens(80) ? found : nil
        }
        return entries.first { $0.key == key }?.value
    }

    /// The key's value; absence is an issue.
    mutating func required(_ key: String) -> DocumentValue? {
        if let sample = value.sample {
            return value.like(sample.shape.property(key, isRequired: true), path: key)
        }
        let found = optional(key)
        if found == nil { value.fail("needs the key \"\(key)\"") }
        return found
    }

    /// Reports every key that was not asked for.
    func finish() {
        for entry in entries where !known.contains(entry.key) {
            let hint = DidYouMean.hint(for: entry.key, among: known)
            let allowed = hint.isEmpty ? "; allowed are \(known.sorted().joined(separator: ", "))" : hint
            value.context.issues.add(
                "unknown key \"\(entry.key)\"\(allowed)", at: entry.mark, path: value.path)
        }
    }
}

// MARK: - Typed values

extension MappingReader {
    mutating func text(_ key: String) -> String? { required(key)?.text() }

    mutating func text(_ key: String, default fallback: String) -> String {
        guard let found = optional(key) else { return fallback }
        return found.text() ?? fallback
    }

    mutating func texts(_ key: String) -> [(text: String, value: DocumentValue)]? {
        optional(key).map { list in list.elements().compactMap { value in value.text().map { ($0, value) } } }
    }

    mutating func flag(_ key: String, default fallback: Bool) -> Bool {
        guard let found = optional(key) else { return fallback }
        if let sample = found.sample {
            sample.shape.flag(default: fallback)
            return sample.isInThisForm
        }
        guard let text = found.text() else { return fallback }
        if text == "true" || text == "false" { return text == "true" }
        found.fail("must be true or false, not \"\(text)\"")
        return fallback
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil) -> Int {
        let found = fallback == nil ? required(key) : optional(key)
        if let sample = found?.sample { sample.shape.integer(range, default: fallback) }
        guard let found, found.sample == nil, let text = found.text() else { return fallback ?? range.lowerBound }
        if let number = Int(text), range.contains(number) { return number }
        found.fail("must be a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        return fallback ?? range.lowerBound
    }

    /// Milliseconds.
    mutating func duration(_ key: String, in range: ClosedRange<UInt64>, default fallback: UInt64? = nil) -> UInt64 {
        let found = fallback == nil ? required(key) : optional(key)
        if let sample = found?.sample { sample.shape.duration(range, default: fallback) }
        guard let found, found.sample == nil, let text = found.text() else { return fallback ?? range.lowerBound }
        if let time = Quantities.milliseconds(text), range.contains(time) { return time }
        let least = Quantities.text(milliseconds: range.lowerBound)
        let most = Quantities.text(milliseconds: range.upperBound)
        found.fail("must be a time from \(least) to \(most) such as 250ms or 5s, not \"\(text)\"")
        return fallback ?? range.lowerBound
    }

    mutating func bytes(_ key: String, in range: ClosedRange<Int>, default fallback: Int) -> Int {
        guard let found = optional(key) else { return fallback }
        if let sample = found.sample { sample.shape.size(range, default: fallback) }
        guard found.sample == nil, let text = found.text() else { return fallback }
        if let size = Quantities.bytes(text), range.contains(size) { return size }
        let allowed = "\(range.lowerBound) to \(range.upperBound)"
        found.fail("must be a size from \(allowed) bytes such as 64KiB, not \"\(text)\"")
        return fallback
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Choice
    ) -> Choice where Choice.RawValue == String {
        guard let found = optional(key) else { return fallback }
        let names = Choice.allCases.map(\.rawValue)
        if let sample = found.sample {
            sample.shape.choice(names, default: fallback.rawValue)
            return Array(Choice.allCases)[Int(sample.chances.next() % UInt64(names.count))]
        }
        guard let text = found.text() else { return fallback }
        if let choice = Choice(rawValue: text) { return choice }
        let hint = DidYouMean.hint(for: text, among: names)
        found.fail("must be \(names.joined(separator: " or ")), not \"\(text)\"\(hint)")
        return fallback
    }
}
