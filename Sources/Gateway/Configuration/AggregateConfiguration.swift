/// One answer made of several upstream answers.
struct AggregateConfiguration: Sendable, Equatable {
    struct Part: Sendable, Equatable {
        var name: String
        var upstream: String
        /// The upstream's path and query.
        var target: String
        var isRequired: Bool
        var timeout: UInt64
        /// The member of the part's answer that is taken; `nil` for all of it.
        var pick: String?
    }

    var name: String
    var path: PathPattern
    var access: Access
    var limits = RouteLimits()
    var parts: [Part] = []
}

extension AggregateConfiguration {
    init?(reading value: DocumentValue, names: ReferencedNames) {
        guard var reader = value.mapping(), let name = reader.text("name"), let path = reader.path() else { return nil }
        let access = Access(reading: &reader)
        self.init(name: name, path: path, access: access)
        if path.isPrefix { value.fail("an aggregate answers one path, not a prefix") }
        limits = RouteLimits(reading: &reader, access: access, names: names)
        let timeout = reader.duration("timeout", in: Times.long, default: 3_000)
        let values = reader.required("parts")?.mapping()?.named ?? []
        parts = values.compactMap { Part(reading: $0.value, name: $0.name, timeout: timeout, names: names) }
        if parts.isEmpty { value.fail("needs at least one part") }
        reader.finish()
    }
}

extension AggregateConfiguration.Part {
    init?(reading value: DocumentValue, name: String, timeout: UInt64, names: ReferencedNames) {
        guard var reader = value.mapping() else { return nil }
        let upstream = reader.required("upstream")
        let target = reader.required("path")
        self.init(
            name: name, upstream: upstream?.text() ?? "", target: target?.text() ?? "/",
            isRequired: reader.flag("required", default: false),
            timeout: reader.duration("timeout", in: Times.long, default: timeout))
        if let upstream, !self.upstream.isEmpty { names.checkUpstream(self.upstream, upstream) }
        if let target, !self.target.hasPrefix("/") { target.fail("must start with \"/\"") }
        pick = reader.optional("pick")?.text()
        reader.finish()
    }
}
