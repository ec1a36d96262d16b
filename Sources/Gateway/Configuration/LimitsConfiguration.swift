/// Sizes for all routes.
struct LimitsConfiguration: Sendable, Equatable {
    var body: Int = 1 << 20
    /// The largest body that is kept in memory so that a request can be sent again.
    var replayBody: Int = 64 << 10
    /// Token buckets in memory, all limits together; the least used give way.
    var rateLimitEntries: Int = 65_536
    /// Proxies in front of the gateway whose `X-Forwarded-For` entries are believed.
    var trustedProxies: Int = 0
    /// What becomes of header names with underscores.
    var underscores = Underscores.refuse

    /// Many programs behind a gateway read `X_User_Id` as `X-User-Id`: whatever guards one name has to guard both.
    enum Underscores: String, Sendable, CaseIterable {
        /// The request is answered with 400.
        case refuse
        /// The field is left out.
        case drop
    }
}

extension LimitsConfiguration {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        body = reader.bytes("body", in: 0...(1 << 40), default: body)
        replayBody = reader.bytes("replay_body", in: 0...(1 << 20), default: replayBody)
        rateLimitEntries = reader.integer("rate_limit_entries", in: 1_024...16_777_216, default: rateLimitEntries)
        trustedProxies = reader.integer("trusted_proxies", in: 0...16, default: trustedProxies)
        underscores = reader.choice("underscores", default: underscores)
        reader.finish()
    }
}
