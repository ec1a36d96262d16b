/// When a delivery is tried again. Pure. All times in milliseconds.
enum DeliverySchedule {
    /// The wait after the first failure; each further one doubles it.
    static let first: Int64 = 5_000
    /// The longest wait.
    static let longest: Int64 = 6 * 3_600_000
    /// For how long a delivery is tried: three days.
    static let lifetime: Int64 = 3 * 86_400_000

    /// When to try again after `attempts` failures, the last one at `now`; nil gives up.
    ///
    /// Half of the wait is left to chance, so that the deliveries of an endpoint that comes back do not come all at once.
    /// - Parameters:
    ///   - leftAlone: For how long the receiver asked not to be tried again: the wait is no shorter.
    ///   - random: In 0..<1.
    static func next(
        after attempts: Int, failedAt now: Int64, leftAlone: Int64 = 0, expiresAt: Int64, random: Double
    ) -> Int64? {
        let whole = wait(after: attempts)
        let next = now + max(leftAlone, whole / 2 + Int64(Double(whole / 2) * random))
        return next < expiresAt ? next : nil
    }

    /// The wait after so many failures, before chance.
    static func wait(after attempts: Int) -> Int64 {
        min(longest, first << Int64(min(max(attempts - 1, 0), 20)))
    }
}

extension WebhookDelivery {
    /// Takes down how an attempt ended.
    mutating func record(_ attempt: DeliveryAttempt, at now: Int64, random: Double) {
        attempts += 1
        lastAttemptAt = now
        responseStatus = attempt.responseStatus
        failure = attempt.failure
        guard !attempt.hasArrived else { return finish(.delivered, at: now) }
        nextAttemptAt = DeliverySchedule.next(
            after: attempts, failedAt: now, leftAlone: attempt.leftAlone, expiresAt: expiresAt, random: random)
        if nextAttemptAt == nil { finish(.dead, at: now) }
    }

    /// Its time is over without another attempt.
    mutating func giveUp(at now: Int64) {
        failure = failure ?? "expired"
        finish(.dead, at: now)
    }

    private mutating func finish(_ status: Status, at now: Int64) {
        self.status = status
        nextAttemptAt = nil
        finishedAt = now
    }
}
