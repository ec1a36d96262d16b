/// Whose tokens are accepted.
struct AuthenticationConfiguration: Sendable, Equatable {
    /// In the order of the file; no two of one `iss`.
    var issuers: [IssuerConfiguration]
    /// Verified tokens remembered per event loop.
    var cacheEntries: Int = 4_096

    /// The most issuers that a file may have.
    static let maximumIssuers = 16
}

extension AuthenticationConfiguration {
    /// Several issuers by name under `issuers`, or the keys of a single one in their place.
    init?(reading value: DocumentValue, names: ReferencedNames) {
        guard var reader = value.mapping() else { return nil }
        if let list = reader.optional("issuers") {
            self.init(issuers: Self.issuers(list, names))
        } else {
            self.init(issuers: [IssuerConfiguration(reading: &reader, name: "default", isOnly: true, names: names)])
        }
        cacheEntries = reader.integer("cache_entries", in: 0...1_000_000, default: cacheEntries)
        reader.finish()
    }

    private static func issuers(_ list: DocumentValue, _ names: ReferencedNames) -> [IssuerConfiguration] {
        let named = list.mapping()?.named ?? []
        if !(1...maximumIssuers).contains(named.count) { list.fail("must name 1 to \(maximumIssuers) issuers") }
        var issuers: [IssuerConfiguration] = []
        for (name, value) in named {
            guard var reader = value.mapping() else { continue }
            let issuer = IssuerConfiguration(reading: &reader, name: name, isOnly: named.count == 1, names: names)
            reader.finish()
            if let other = issuers.first(where: { $0.issuer == issuer.issuer }) {
                value.fail("\"\(other.name)\" has the same issuer: its tokens would be checked by either's keys")
            }
            issuers.append(issuer)
        }
        return issuers
    }
}
