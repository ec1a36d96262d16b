import Synchronization

/// Decides about requests by named limits, shared by all event loops.
///
/// The table is cut into shards by key, each behind its own lock that is held for some ten instructions: limits stay
/// exact over all loops and two loops seldom meet.
final class RateLimiter: Sendable {
    /// What `RATE_LIMITS` chooses.
    enum Mode: String, Sendable, CaseIterable {
        /// Decide, count, tell and refuse.
        case on
        /// Decide, count and tell, but never refuse.
        case observe
        case off
    }

    private final class Shard: Sendable {
        let table: Mutex<ArrivalTable>

        init(entries: Int) { table = Mutex(ArrivalTable(entries: entries)) }
    }

    private static let shardCount = 16
    private let shards: [Shard]

    /// - Parameter entries: Keys that are remembered at the same time, all limits together.
    init(entries: Int) {
        shards = (0..<Self.shardCount).map { _ in Shard(entries: entries / Self.shardCount) }
    }

    /// - Parameters:
    ///   - limit: The limit's number; part of the key.
    ///   - key: A keyed hash of the client's address or the user's id.
    ///   - now: Nanoseconds of a monotonic clock.
    func decide(_ algorithm: GCRA, limit: Int, key: Int, now: UInt64) -> GCRA.Decision {
        var hasher = Hasher()
        hasher.combine(limit)
        hasher.combine(key)
        let hash = UInt64(bitPattern: Int64(hasher.finalize()))
        let shard = shards[Int(hash % UInt64(Self.shardCount))]
        return shard.table.withLock { table in
            table.update(hash == 0 ? 1 : hash) { algorithm.decide(arrival: &$0, now: now) }
        }
    }
}
