import Chassis

/// Where the buckets of rate limits are kept.
///
/// ``RateLimiter`` keeps them in this process and answers without waiting; the gateway calls it as what it is, so that no
/// request pays for the interface. A store that replicas share answers later and may fail: then the local limits step in
/// (docs/gateway/rate-limits.md), and its keys have to be hashed by a secret that the replicas share.
protocol RateLimitStore: Sendable {
    /// Charges a request to every window, or to none when one of them refuses.
    func take(_ charge: RateCharge) async throws -> RateOutcome

    /// Takes back what ``take(_:)`` has charged, because another limit has refused the request.
    func refund(_ charge: RateCharge) async throws
}

/// One request as one limit sees it.
struct RateCharge: Sendable {
    /// What has to allow it; at least one.
    var windows: [RateWindow]
    /// A keyed hash of whom the limit is about.
    var key: Int
    /// How many requests it counts for.
    var cost: UInt64
    /// Whether the key is not one that anybody can make up.
    var isVouchedFor: Bool
    /// Nanoseconds of a monotonic clock.
    var now: UInt64

    /// The bucket of the key in a window. Both numbers are keyed hashes: nobody outside can aim at a bucket.
    func bucket(of window: RateWindow) -> UInt64 {
        var mixed = UInt64(bitPattern: Int64(key)) ^ window.identity
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return mixed == 0 ? 1 : mixed
    }
}

/// What the windows of one limit say about a request.
struct RateOutcome: Sendable, Equatable {
    var first: GCRA.Decision
    /// Of the second window and those behind it; most limits have one.
    var further: [GCRA.Decision] = []

    var isAllowed: Bool { first.isAllowed && further.allSatisfy(\.isAllowed) }
}
