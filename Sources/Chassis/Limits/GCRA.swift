/// The generic cell rate algorithm: a leaky bucket kept in one number, the theoretical arrival time.
///
/// Source: ITU-T I.371 (virtual scheduling). Times are nanoseconds of a monotonic clock.
public struct GCRA: Sendable, Hashable {
    /// Requests that may come at once from a key that has been quiet.
    public let burst: UInt64
    /// Time in which one request's room comes back.
    public let interval: UInt64
    /// Time in which a used-up bucket is whole again.
    public let tolerance: UInt64

    /// - Parameters:
    ///   - quota: Requests per window; at least 1.
    ///   - windowMilliseconds: The time in which as many requests as the quota have come back; at least 1.
    ///   - burst: Requests that may come at once, 1 to `quota`; `nil` for the whole quota.
    public init(quota: Int, windowMilliseconds: UInt64, burst: Int? = nil) {
        let quota = UInt64(max(1, quota))
        self.burst = min(quota, UInt64(max(1, burst ?? Int(quota))))
        interval = max(1, windowMilliseconds * 1_000_000 / quota)
        tolerance = self.burst * interval
    }

    /// What a request met, and what the answer's fields say.
    public struct Decision: Sendable, Equatable {
        /// Whether the bucket has room for it.
        public var isAllowed: Bool
        /// Requests of cost 1 that may follow at once.
        public var remaining: UInt64
        /// Nanoseconds until this request could be allowed (refused) or until the bucket is whole again (allowed).
        public var reset: UInt64
    }

    /// Decides about one request and moves the key's arrival time on when it is allowed.
    ///
    /// - Parameters:
    ///   - arrival: The key's theoretical arrival time; 0 for a new key.
    ///   - now: The time now. A clock that steps back is treated as standing still.
    ///   - cost: How many requests this one counts for. One that counts for more than `burst` takes all of it: it could
    ///     never go otherwise, and the time told to it would not be true.
    public func decide(arrival: inout UInt64, now: UInt64, cost: UInt64 = 1) -> Decision {
        let decision = probe(arrival: arrival, now: now, cost: cost)
        if decision.isAllowed { arrival = now + decision.reset }
        return decision
    }

    /// What ``decide(arrival:now:cost:)`` would say, without any effect.
    public func probe(arrival: UInt64, now: UInt64, cost: UInt64) -> Decision {
        let used = max(arrival, now) - now
        let after = used + min(cost, burst) * interval
        guard after <= tolerance else {
            return Decision(
                isAllowed: false, remaining: used < tolerance ? (tolerance - used) / interval : 0,
                reset: after - tolerance)
        }
        return Decision(isAllowed: true, remaining: (tolerance - after) / interval, reset: after)
    }

    /// The arrival time without a request that was charged and then refused by somebody else.
    public func refunded(arrival: UInt64, cost: UInt64) -> UInt64 {
        let charged = min(cost, burst) * interval
        return arrival > charged ? arrival - charged : 0
    }
}
