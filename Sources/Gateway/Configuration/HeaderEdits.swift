import HTTPTypes

/// What a route changes in the header fields of its requests, or of its answers.
struct HeaderEdits: Sendable, Equatable {
    /// Fields that replace all of their names.
    var set: [HTTPField] = []
    /// Fields that come in addition.
    var add: [HTTPField] = []
    /// Names that are left out.
    var remove: [String] = []

    var isEmpty: Bool { self.set.isEmpty && add.isEmpty && remove.isEmpty }

    /// The names that do not cross the gateway any more, in lower case.
    var removedNames: [String] { self.set.map(\.name.canonicalName) + remove.map { $0.lowercased() } }
}

extension HeaderEdits {
    /// - Parameter isOwned: Whether a name is the gateway's own, which no route may touch.
    init(reading value: DocumentValue, isOwned: (String) -> Bool) {
        self.init()
        guard var reader = value.mapping() else { return }
        set = Self.fields(reader.optional("set"), isOwned)
        add = Self.fields(reader.optional("add"), isOwned)
        for (name, value) in reader.texts("remove") ?? [] where Self.name(name, value, isOwned) != nil {
            remove.append(name)
        }
        let both = Set(set.map(\.name.canonicalName)).intersection(remove.map { $0.lowercased() })
        for name in both.sorted() { value.fail("\"\(name)\" is both set and removed") }
        reader.finish()
    }

    private static func fields(_ value: DocumentValue?, _ isOwned: (String) -> Bool) -> [HTTPField] {
        (value?.mapping()?.named ?? []).compactMap { key, value in
            guard let name = name(key, value, isOwned), let text = value.text() else { return nil }
            // Visible characters and spaces inside: no control byte can end the line (RFC 9110 section 5.5).
            guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !text.hasPrefix(" "), !text.hasSuffix(" ")
            else {
                value.fail("must be printable ASCII without spaces around it")
                return nil
            }
            return HTTPField(name: name, value: text)
        }
    }

    private static func name(
        _ text: String, _ value: DocumentValue, _ isOwned: (String) -> Bool
    ) -> HTTPField.Name? {
        guard let name = HTTPField.Name(text), !text.utf8.contains(UInt8(ascii: "_")) else {
            value.fail("\"\(text)\" is not a header name of letters, digits and hyphens")
            return nil
        }
        if isOwned(name.canonicalName) {
            value.fail("\"\(text)\" is the gateway's own: routes do not touch it")
            return nil
        }
        return name
    }
}
