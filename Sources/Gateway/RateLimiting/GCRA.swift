/// The generic cell rate algorithm: a leaky bucket kept in one number, the theoretical arrival time.
///
/// Source: ITU-T I.371 (virtual scheduling). Times are nanoseconds of a monotonic clock.
struct GCRA: Sendable, Equatable {
    /// Requests that may come at once from a key that has been quiet.
    let quota: UInt64
    /// Time in which one request's room comes back.
    let interval: UInt64

    /// - Parameters:
    ///   - quota: Requests per window and burst size; at least 1.
    ///   - windowMilliseconds: The time in which a used-up quota has come back in full; at least 1.
    init(quota: Int, windowMilliseconds: UInt64) {
        self.quota = UInt64(max(1, quota))
        interval = max(1, windowMilliseconds * 1_000_000 / self.quota)
    }

    /// What a request met, and what the answer's fields say.
    struct Decision: Sendable, Equatable {
        var isAllowed: Bool
        /// Requests that may follow at once.
        var remaining: UInt64
        /// Nanoseconds until the next request can be allowed (refused) or until the quota is whole again (allowed).
        var reset: UInt64
    }

    /// Decides about one request and moves the key's arrival time on when it is allowed.
    ///
    /// - Parameters:
    ///   - arrival: The key's theoretical arrival time; 0 for a new key.
    ///   - now: The time now. A clock that steps back is treated as standing still.
    func decide(arrival: inout UInt64, now: UInt64) -> Decision {
        let burst = quota * interval
        let base = max(arrival, now)
        let next = base + interval
        guard next - now <= burst else {
            return Decision(isAllowed: false, remaining: 0, reset: next - now - burst)
        }
        arrival = next
        return Decision(isAllowed: true, remaining: (burst - (next - now)) / interval, reset: next - now)
    }
}
