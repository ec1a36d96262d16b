/// One answer made of several upstream answers.
struct AggregateConfiguration: Sendable, Equatable {
    /// The member in which every answer names the parts that it lacks.
    static let missingMember = "missing"
    /// The most parts of an aggregate.
    static let maximumParts = 32

    var name: String
    var path: PathPattern
    var access: Access
    var limits = RouteLimits()
    var answers = AnswerConfiguration()
    /// `nil` lets everything through.
    var throttle: ThrottleConfiguration?
    var priority = Priority.normal
    /// Milliseconds for the whole answer.
    var timeout: UInt64 = 3_000
    var parts: [Part] = []
}

extension AggregateConfiguration {
    init?(reading value: DocumentValue, names: ReferencedNames) {
        guard var reader = value.mapping(), let name = reader.text("name"), let path = reader.path() else { return nil }
        let access = Access(reading: &reader)
        self.init(name: name, path: path, access: access)
        if path.isPrefix { value.fail("an aggregate answers one path, not a prefix") }
        limits = RouteLimits(reading: &reader, access: access, names: names)
        answers = AnswerConfiguration(reading: &reader, access: access, over: names.answers)
        throttle = reader.optional("throttle").flatMap(ThrottleConfiguration.init(reading:))
        priority = reader.priority()
        timeout = reader.duration("timeout", in: Times.long, default: timeout)
        let list = reader.required("parts")
        let values = list?.mapping()?.named ?? []
        parts = values.compactMap { Part(reading: $0.value, name: $0.name, timeout: timeout, names: names) }
        if let list {
            if parts.isEmpty { value.fail("needs at least one part") }
            if values.count > Self.maximumParts { list.fail("must have at most \(Self.maximumParts) parts") }
            checkOrder(list)
            checkMembers(list)
            requireDependencies()
        }
        reader.finish()
    }

    /// Every part that another one waits for exists, and no part waits for itself in the end.
    private func checkOrder(_ list: DocumentValue) {
        let names = parts.map(\.name)
        for part in parts {
            for name in part.dependencies where !names.contains(name) {
                list.fail(
                    "\"\(part.name)\" waits for the unknown part \"\(name)\"\(DidYouMean.hint(for: name, among: names))"
                )
            }
        }
        let stuck = PartSchedule.unreachable(dependencies(of: parts))
        if !stuck.isEmpty {
            list.fail("these parts wait for each other: \(stuck.map { parts[$0].name }.joined(separator: ", "))")
        }
    }

    /// What a required part waits for is required too.
    private mutating func requireDependencies() {
        let dependencies = dependencies(of: parts)
        for _ in parts {
            for (part, needed) in dependencies.enumerated() where parts[part].isRequired {
                for index in needed { parts[index].isRequired = true }
            }
        }
    }

    /// The members whose names are known now must differ; those of parts that are merged whole show at run time.
    private func checkMembers(_ list: DocumentValue) {
        var taken = [Self.missingMember: "the list of missing parts"]
        for part in parts {
            for member in part.knownMembers {
                if let other = taken.updateValue("part \"\(part.name)\"", forKey: member) {
                    list.fail("the member \"\(member)\" is that of part \"\(part.name)\" and of \(other)")
                }
            }
        }
    }

    /// For each part the numbers of those that it waits for; unknown ones are left out.
    func dependencies(of parts: [Part]) -> [[Int]] {
        parts.map { part in part.dependencies.compactMap { name in parts.firstIndex { $0.name == name } } }
    }
}
