import Chassis
import Sockets

/// Where the buckets of rate limits are kept: ``RateLimiter`` in this process, or one that replicas share.
///
/// It decides at once. A shared store therefore keeps buckets of its own, decides by them, and exchanges with the others
/// behind the requests' backs what was charged (docs/gateway/rate-limits.md): no request waits for it, and when it is gone
/// each replica goes on counting for itself. An interface that may be awaited would cost each request of a limited route
/// a suspension, whether somebody shares or not.
///
/// Only classes conform, so that `any RateLimitStore` is a reference and calling it one indirect call: some nanoseconds
/// beside a bucket's lock and its table.
protocol RateLimitStore: AnyObject, Sendable {
    /// Charges a request to every window, or to none when one of them refuses.
    func take(_ charge: RateCharge) -> RateOutcome

    /// Takes back what ``take(_:)`` has charged, because another limit has refused the request.
    func refund(_ charge: RateCharge)

    /// How full it is, as far as this process knows, at `now` in nanoseconds of the charges' clock.
    func occupancy(now: UInt64) -> RateLimitOccupancy

    /// The store of a gateway that takes this one's place, with what is known of all buckets: the same one, unless the
    /// number of buckets to remember is another one now.
    func resized(to entries: Int, now: UInt64) -> any RateLimitStore
}

extension RateLimitStore {
    /// ``occupancy(now:)`` at this moment.
    func occupancy() -> RateLimitOccupancy { occupancy(now: CoarseClock.nanoseconds()) }

    /// ``resized(to:now:)`` at this moment.
    func resized(to entries: Int) -> any RateLimitStore { resized(to: entries, now: CoarseClock.nanoseconds()) }
}

/// How full a store of buckets is.
struct RateLimitOccupancy: Sendable, Equatable {
    /// Buckets that are not whole.
    var used = 0
    /// Buckets that can be remembered.
    var capacity = 0
    /// Buckets that were forgotten before they were whole, since the start.
    var evictions = 0
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
        let mixed = SplitMix64.mix(UInt64(bitPattern: Int64(key)) ^ window.identity)
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
