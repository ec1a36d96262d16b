import HTTPTypes

/// A rate limit as the hot path uses it.
struct CompiledLimit: Sendable {
    let name: String
    /// Its number: part of the key in the table.
    let index: Int
    let key: RateLimitConfiguration.Key
    let algorithm: GCRA
    /// The `RateLimit-Policy` item.
    let policy: String
    /// The `RateLimit` item up to the number of requests left.
    let statePrefix: [UInt8]
    let metrics: LimitMetrics

    init(_ configuration: RateLimitConfiguration, index: Int, metrics: LimitMetrics) {
        name = configuration.name
        self.index = index
        key = configuration.key
        algorithm = GCRA(quota: configuration.quota, windowMilliseconds: configuration.window)
        policy = RateLimitFields.policy(
            name: configuration.name, quota: configuration.quota, windowMilliseconds: configuration.window)
        statePrefix = Array("\"\(configuration.name)\";r=".utf8)
        self.metrics = metrics
    }
}

/// What the limits of one request have said so far.
struct LimitReport: Sendable {
    private var policy = ""
    private var state: [UInt8] = []
    /// Seconds after which to come again, when a limit refused.
    private(set) var retryAfter: UInt64?

    mutating func add(_ limit: CompiledLimit, _ decision: GCRA.Decision) {
        if !state.isEmpty {
            policy += ", "
            state += [0x2C, 0x20]
        }
        policy += limit.policy
        RateLimitFields.append(limit.statePrefix, decision, to: &state)
        guard !decision.isAllowed else { return }
        retryAfter = max(retryAfter ?? 0, RateLimitFields.seconds(nanoseconds: decision.reset), 1)
    }

    /// Adds the fields, when a limit was asked. Nobody else has set them.
    func write(to fields: inout HTTPFields) {
        guard !state.isEmpty else { return }
        // Appending does not search, as a subscript would.
        fields.append(HTTPField(name: .rateLimitPolicy, value: policy))
        fields.append(HTTPField(name: .rateLimit, value: String(decoding: state, as: UTF8.self)))
    }
}
