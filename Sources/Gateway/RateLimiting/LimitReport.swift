import HTTPTypes

/// What the limits of one request have said so far.
struct LimitReport: Sendable {
    private var policy = ""
    private var state: [UInt8] = []
    /// Seconds after which to come again, when a limit refused.
    private(set) var retryAfter: UInt64?

    mutating func add(_ plan: RatePlan, _ outcome: RateOutcome) {
        if state.isEmpty {
            policy = plan.policy
        } else {
            policy += ", "
            policy += plan.policy
        }
        add(plan.windows[0], outcome.first)
        for (window, decision) in zip(plan.windows.dropFirst(), outcome.further) { add(window, decision) }
    }

    private mutating func add(_ window: RateWindow, _ decision: GCRA.Decision) {
        if !state.isEmpty { state += [0x2C, 0x20] }
        RateLimitFields.append(window.statePrefix, decision, to: &state)
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
