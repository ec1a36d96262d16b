/// Whose tokens are accepted.
struct AuthenticationConfiguration: Sendable, Equatable {
    var issuer: String
    var audience: String
    /// The `typ` of a token's header (RFC 9068 section 2.1).
    var tokenType = "at+jwt"
    var jwksUpstream: String
    var jwksPath: String
    /// The least time between two fetches caused by unknown key ids.
    var coolDown: UInt64 = 30_000
    /// The time after which the key set is fetched again anyway, so that a withdrawn key disappears.
    var refresh: UInt64 = 300_000
    /// How far clocks may differ (`exp`, `nbf`).
    var clockSkew: UInt64 = 60_000
    var requiredClaims: [String] = []
    /// Verified tokens remembered per event loop.
    var cacheEntries: Int = 4_096
}

extension AuthenticationConfiguration {
    init?(reading value: DocumentValue, names: ReferencedNames) {
        guard var reader = value.mapping() else { return nil }
        let issuer = reader.text("issuer")
        let audience = reader.text("audience")
        let keys = reader.required("jwks")?.mapping()
        self.init(issuer: issuer ?? "", audience: audience ?? "", jwksUpstream: "", jwksPath: "")
        if let keys { readKeys(keys, names: names) }
        tokenType = reader.text("token_type", default: tokenType)
        clockSkew = reader.duration("clock_skew", in: 0...300_000, default: clockSkew)
        requiredClaims = (reader.texts("required_claims") ?? []).map(\.text)
        cacheEntries = reader.integer("cache_entries", in: 0...1_000_000, default: cacheEntries)
        reader.finish()
    }

    private mutating func readKeys(_ mapping: MappingReader, names: ReferencedNames) {
        var reader = mapping
        if let upstream = reader.required("upstream"), let name = upstream.text() {
            names.checkUpstream(name, upstream)
            jwksUpstream = name
        }
        if let path = reader.required("path"), let text = path.text() {
            if !text.hasPrefix("/") { path.fail("must start with \"/\"") }
            jwksPath = text
        }
        coolDown = reader.duration("cool_down", in: Times.long, default: coolDown)
        refresh = reader.duration("refresh", in: Times.long, default: refresh)
        reader.finish()
    }
}
