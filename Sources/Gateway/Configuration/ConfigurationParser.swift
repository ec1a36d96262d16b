import HTTPTypes
import Yams

extension GatewayConfiguration {
    /// Reads and checks a whole configuration file.
    ///
    /// - Parameters:
    ///   - text: The YAML document.
    ///   - file: The name to put into messages.
    ///   - environment: What `${NAME}` refers to.
    /// - Throws: ``ConfigurationErrors`` with everything that is wrong, each with line and column.
    public init(
        parsing text: String, file: String = "gateway.yaml", environment: [String: String]
    ) throws(ConfigurationErrors) {
        let issues = IssueList()
        let context = DocumentContext(issues: issues, interpolation: .init(environment: environment))
        self.init()
        if let root = Self.compose(text, issues: issues) {
            read(.init(node: root, path: "", context: context))
        }
        if !issues.issues.isEmpty { throw ConfigurationErrors(file: file, issues: issues.sorted) }
    }

    /// Reads a sample document and writes down what was asked for. See ``ConfigurationSchema``.
    static func read(asking shape: SchemaShape, _ chances: Chances) {
        let context = DocumentContext(issues: IssueList(), interpolation: .init(environment: [:]))
        let sample = SampleValue(shape: shape, chances: chances)
        var configuration = GatewayConfiguration()
        configuration.read(.init(node: .init(""), path: "", context: context, sample: sample))
    }

    private static func compose(_ text: String, issues: IssueList) -> Node? {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                issues.add("the file is empty", at: .start, path: "")
                return nil
            }
            return node
        } catch let error as YamlError {
            let (message, mark) = error.summary
            issues.add(message, at: mark, path: "")
        } catch {
            issues.add("not readable as YAML", at: .start, path: "")
        }
        return nil
    }

    private mutating func read(_ root: DocumentValue) {
        guard var reader = root.mapping() else { return }
        // What is referred to comes before what refers to it.
        if let value = reader.optional("limits") { limits = .init(reading: value) }
        if let value = reader.optional("security_headers") { securityFields = .init(reading: value) }
        upstreams = reader.required("upstreams").map(Self.named(UpstreamConfiguration.init(reading:name:))) ?? []
        rateLimits = reader.optional("rate_limits").map(Self.named(RateLimitConfiguration.init(reading:name:))) ?? []
        answers = AnswerConfiguration(reading: &reader)
        let names = ReferencedNames(upstreams: upstreams.map(\.name), rateLimits: rateLimits, answers: answers)
        if let value = reader.optional("authentication") {
            authentication = AuthenticationConfiguration(reading: value, names: names)
        }
        projection = reader.optional("projection").flatMap { ProjectionConfiguration(reading: $0, names: names) }
        let defaults = limits
        routes = (reader.required("routes")?.elements() ?? [])
            .compactMap { RouteConfiguration(reading: $0, names: names, limits: defaults) }
        aggregates = (reader.optional("aggregates")?.elements() ?? [])
            .compactMap { AggregateConfiguration(reading: $0, names: names) }
        checkAuthenticationIsThere(root)
        checkProjectionIsThere(root)
        checkNameCounts(root)
        checkOverlaps(root)
        checkClaimFields(root)
        reader.finish()
    }

    /// Reads a mapping from names to things.
    private static func named<Thing>(
        _ make: @escaping (DocumentValue, String) -> Thing?
    ) -> (DocumentValue) -> [Thing] {
        { value in (value.mapping()?.named ?? []).compactMap { make($0.value, $0.name) } }
    }

    private func checkAuthenticationIsThere(_ root: DocumentValue) {
        guard authentication == nil else { return }
        let all = routes.map { ($0.name, $0.access) } + aggregates.map { ($0.name, $0.access) }
        if let first = all.first(where: { $0.1.credentials.contains(.token) })?.0 {
            root.fail("needs the key \"authentication\", because \"\(first)\" is not written to be public")
        }
    }

    /// What a claim says is not a route's to write.
    private func checkClaimFields(_ root: DocumentValue) {
        let claims = Set(claimFields.map { $0.lowercased() })
        for route in routes {
            let touched = route.requestHeaders.removedNames + route.requestHeaders.add.map(\.name.canonicalName)
            if let name = touched.first(where: claims.contains) {
                root.fail("\"\(route.name)\" changes the header \"\(name)\", which says a claim")
            }
        }
    }

    private func checkOverlaps(_ root: DocumentValue) {
        var conflicts = RouteConflicts()
        for (name, match) in zip(routes.map(\.name) + aggregates.map(\.name), matches) {
            for conflict in conflicts.add(match, name: name) { root.fail(conflict) }
        }
        let others = Set(matches.flatMap(\.methods)).subtracting(MethodTable.common)
        if others.count > MethodTable.maximumOthers {
            root.fail("routes may name \(MethodTable.maximumOthers) uncommon methods, not \(others.count)")
        }
    }
}

/// The names that other parts of the document may refer to.
struct ReferencedNames {
    var upstreams: [String]
    var rateLimits: [RateLimitConfiguration]
    var answers: AnswerConfiguration

    /// Reports a name that is not one of the upstreams.
    func checkUpstream(_ name: String, _ value: DocumentValue) {
        guard !upstreams.contains(name) else { return }
        value.fail("unknown upstream \"\(name)\"\(DidYouMean.hint(for: name, among: upstreams))")
    }

}

extension YamlError {
    /// What is wrong, and where.
    fileprivate var summary: (String, SourceMark) {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (problem, SourceMark(mark))
        case .duplicatedKeysInMapping(let duplicates, let context):
            ("key \(duplicates.map { "\"\($0)\"" }.joined(separator: ", ")) is written twice", SourceMark(context.mark))
        case .reader(let problem, _, _, _): (problem, .start)
        default: ("not readable as YAML", .start)
        }
    }
}
