/// The rate limits of a route or an aggregate.
struct RouteLimits: Sendable, Equatable {
    /// The most limits of one route.
    static let maximumCount = 16

    /// The limits' names, in the order in which they are asked.
    var names: [String] = []
    /// How many requests one request counts for.
    var cost = 1
}

extension RouteLimits {
    /// `rate_limits` and `cost` of a route; one that lists no limits has those marked as default.
    init(reading reader: inout MappingReader, access: Access, names known: ReferencedNames) {
        let cost = reader.optional("cost")
        self.cost = reader.integer("cost", in: 1...1_000, default: 1)
        guard let list = reader.optional("rate_limits") else {
            names = known.rateLimits.filter(\.isDefault).map(\.name)
            check(cost: cost ?? reader.value, known)
            return
        }
        if list.elements().count > Self.maximumCount { list.fail("must have at most \(Self.maximumCount) limits") }
        for (text, value) in reader.texts("rate_limits") ?? [] {
            if let limit = known.rateLimits.first(where: { $0.name == text }) {
                if access.isPublic, limit.key.contains(where: \.needsCaller) {
                    value.fail("\"\(text)\" counts by caller, whom a public route does not know")
                }
            } else {
                let hint = DidYouMean.hint(for: text, among: known.rateLimits.map(\.name))
                value.fail("unknown rate limit \"\(text)\"\(hint)")
            }
            names.append(text)
        }
        check(cost: cost ?? reader.value, known)
    }

    /// A request that costs more than a limit ever allows at once would never be answered.
    private func check(cost value: DocumentValue, _ known: ReferencedNames) {
        for limit in known.rateLimits where names.contains(limit.name) && cost > limit.leastBurst {
            value.fail("costs \(cost), but rate limit \"\(limit.name)\" allows \(limit.leastBurst) at once")
        }
    }
}
