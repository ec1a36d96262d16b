import JSON

extension AggregateConfiguration {
    /// One request behind an aggregate, and what of its answer is shown where.
    struct Part: Sendable, Equatable {
        /// What is taken of the answer.
        enum Pick: Sendable, Equatable {
            case everything
            /// The value at a pointer.
            case value(JSONPointer)
            /// These members; of each element when the answer is a list.
            case members([String])
        }

        var name: String
        var upstream: String
        /// The upstream's path and query.
        var target: PartTarget
        var isRequired = false
        /// Milliseconds, from when it is asked for.
        var timeout: UInt64
        var pick = Pick.everything
        /// The parts that have to be there before this one is asked for: those named, and those referred to.
        var dependencies: [String] = []
        /// The member that shows it.
        var member: String
        /// Whether the answer's own members stand beside the other parts instead of below one member.
        var isMerged = false

        /// The members of the document that are this part's for sure.
        var knownMembers: [String] {
            guard isMerged else { return [member] }
            if case .members(let names) = pick { return names }
            return []
        }
    }
}

extension AggregateConfiguration.Part {
    init?(reading value: DocumentValue, name: String, timeout: UInt64, names: ReferencedNames) {
        guard var reader = value.mapping() else { return nil }
        let upstream = reader.required("upstream")
        let target = Self.target(reader.required("path"))
        self.init(
            name: name, upstream: upstream?.text() ?? "", target: target, timeout: timeout,
            member: reader.text("as", default: name))
        if let upstream, !self.upstream.isEmpty { names.checkUpstream(self.upstream, upstream) }
        if !PartTarget.isPartName(name) { value.fail("a part's name may have letters, digits, - and _ only") }
        isRequired = reader.flag("required", default: false)
        self.timeout = reader.duration("timeout", in: 1...timeout, default: timeout)
        if let pick = reader.optional("pick") { self.pick = Self.pick(pick) }
        isMerged = reader.flag("merge", default: false)
        if isMerged, let renamed = reader.optional("as") { renamed.fail("a merged part has no member of its own") }
        let after = reader.optional("after").map(Self.after) ?? []
        dependencies = after + target.references.map(\.part).filter { !after.contains($0) }
        reader.finish()
    }

    private static func target(_ value: DocumentValue?) -> PartTarget {
        guard let value, let text = value.text() else { return PartTarget(literal: "/") }
        do throws(PartTarget.Malformed) {
            return try PartTarget(text)
        } catch {
            value.fail(error.message)
            return PartTarget(literal: "/")
        }
    }

    /// A member's name, a JSON pointer, or a list of members.
    private static func pick(_ value: DocumentValue) -> Pick {
        if value.isList {
            let names = value.elements().compactMap { $0.text() }
            if names.isEmpty { value.fail("must name at least one member") }
            return .members(names)
        }
        guard let text = value.text() else { return .everything }
        guard text.hasPrefix("/") else { return .value(JSONPointer(tokens: [text])) }
        if let pointer = JSONPointer(text) { return .value(pointer) }
        value.fail("\"\(text)\" is no JSON pointer: after ~ only 0 and 1 are allowed")
        return .everything
    }

    private static func after(_ value: DocumentValue) -> [String] {
        value.isList ? value.elements().compactMap { $0.text() } : [value.text()].compactMap(\.self)
    }
}
