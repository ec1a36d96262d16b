/// What the gateway holds of another service's API keys and ended sessions, so that it can check them by itself.
struct ProjectionConfiguration: Sendable, Equatable {
    /// The upstream whose feed is followed.
    var upstream: String
    /// The most keys that are held; the others are asked for when they come.
    var keys: Int = 100_000
    /// Look-ups of keys that are not held, per second and replica.
    var lookupsPerSecond: Int = 50
    /// How long it is remembered that a key does not exist.
    var unknownFor: UInt64 = 5_000
    /// How often the keys' last uses are reported.
    var reportUses: UInt64 = 30_000
    /// Checked keys remembered per event loop.
    var cacheEntries: Int = 4_096

    /// The time without contact after which the state counts as old: what is promised.
    static let staleAfter: UInt64 = 5_000
}

extension ProjectionConfiguration {
    init?(reading value: DocumentValue, names: ReferencedNames) {
        guard var reader = value.mapping() else { return nil }
        let upstream = reader.required("upstream")
        self.init(upstream: upstream?.text() ?? "")
        if let upstream, !self.upstream.isEmpty { names.checkUpstream(self.upstream, upstream) }
        keys = reader.integer("keys", in: 1_000...10_000_000, default: keys)
        lookupsPerSecond = reader.integer("lookups_per_second", in: 1...1_000, default: lookupsPerSecond)
        unknownFor = reader.duration("unknown_for", in: 100...60_000, default: unknownFor)
        reportUses = reader.duration("report_uses", in: 1_000...3_600_000, default: reportUses)
        cacheEntries = reader.integer("cache_entries", in: 0...1_000_000, default: cacheEntries)
        reader.finish()
    }
}

extension GatewayConfiguration {
    /// A route cannot accept what nobody could check.
    func checkProjectionIsThere(_ root: DocumentValue) {
        guard projection == nil else { return }
        let all = routes.map { ($0.name, $0.access) } + aggregates.map { ($0.name, $0.access) }
        if let first = all.first(where: { $0.1.credentials.contains(.apiKey) })?.0 {
            root.fail("needs the key \"projection\", because \"\(first)\" accepts API keys")
        }
        if let first = routes.first(where: \.endsSession)?.name {
            root.fail("needs the key \"projection\", because \"\(first)\" ends sessions")
        }
        if let first = routes.first(where: \.endsUser)?.name {
            root.fail("needs the key \"projection\", because \"\(first)\" ends users")
        }
        if let first = routes.first(where: \.revokes)?.name {
            root.fail("needs the key \"projection\", because \"\(first)\" revokes")
        }
    }
}
