/// What active checks say about one address. A pure state machine.
struct HealthRecord: Sendable, Equatable {
    private(set) var isHealthy = true
    /// Results in a row that speak against the present state.
    private var streak = 0
    /// Whether any check has come back.
    private(set) var isKnown = false

    /// A check came back.
    ///
    /// - Returns: Whether the state has changed.
    mutating func checked(passed: Bool, _ configuration: HealthConfiguration) -> Bool {
        isKnown = true
        if passed == isHealthy {
            streak = 0
            return false
        }
        streak += 1
        guard streak >= (passed ? configuration.healthy : configuration.unhealthy) else { return false }
        (isHealthy, streak) = (passed, 0)
        return true
    }
}
