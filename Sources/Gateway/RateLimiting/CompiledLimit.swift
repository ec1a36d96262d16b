/// A rate limit as the hot path uses it.
struct CompiledLimit: Sendable {
    let name: String
    /// Its number: part of the key in the table.
    let index: Int
    let key: RateLimitConfiguration.Key
    let algorithm: GCRA
    /// The `RateLimit-Policy` item.
    let policy: String
    let metrics: LimitMetrics

    init(_ configuration: RateLimitConfiguration, index: Int, metrics: LimitMetrics) {
        name = configuration.name
        self.index = index
        key = configuration.key
        algorithm = GCRA(quota: configuration.quota, windowMilliseconds: configuration.window)
        policy = RateLimitFields.policy(
            name: configuration.name, quota: configuration.quota, windowMilliseconds: configuration.window)
        self.metrics = metrics
    }
}

/// What the limits of one request have said so far.
struct LimitReport: Sendable {
    private(set) var policy = ""
    private(set) var state = ""
    /// Seconds after which to come again, when a limit refused.
    private(set) var retryAfter: UInt64?

    mutating func add(_ limit: CompiledLimit, _ decision: GCRA.Decision) {
        let item = RateLimitFields.state(name: limit.name, decision)
        policy = policy.isEmpty ? limit.policy : policy + ", " + limit.policy
        state = state.isEmpty ? item : state + ", " + item
        guard !decision.isAllowed else { return }
        retryAfter = max(retryAfter ?? 0, RateLimitFields.seconds(nanoseconds: decision.reset), 1)
    }
}
