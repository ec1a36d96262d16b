/// When and how often a replayable request is tried again.
struct RetryConfiguration: Sendable, Equatable {
    /// Tries after the first one.
    var attempts: Int = 2
    /// Upper bound of the first delay; it doubles with each try.
    var backoff: UInt64 = 25
    /// Upper bound of every delay.
    var maximumBackoff: UInt64 = 250
    /// Retries allowed per hundred requests.
    var budgetPercent: Int = 20
    /// Retries allowed per second however few requests there are.
    var minimumPerSecond: Int = 10
}

extension RetryConfiguration {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        attempts = reader.integer("attempts", in: 0...10, default: attempts)
        backoff = reader.duration("backoff", in: Times.short, default: backoff)
        maximumBackoff = reader.duration("maximum_backoff", in: Times.short, default: maximumBackoff)
        budgetPercent = reader.integer("budget_percent", in: 0...100, default: budgetPercent)
        minimumPerSecond = reader.integer("minimum_per_second", in: 0...1_000, default: minimumPerSecond)
        reader.finish()
    }
}
