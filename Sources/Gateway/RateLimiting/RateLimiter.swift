import Chassis
import Sockets
import Synchronization

/// The buckets of this process, shared by all event loops.
///
/// The table is cut into shards by key, each behind its own lock that is held for some ten instructions: limits stay
/// exact over all loops and two loops seldom meet. Half of the shards are for keys that anybody can make up (addresses,
/// fields), the other half for those that somebody has vouched for (users, API keys, routes): no flood from outside
/// reaches the latter.
final class RateLimiter: RateLimitStore {
    private final class Shard: Sendable {
        let table: Mutex<ArrivalTable>

        init(entries: Int) { table = Mutex(ArrivalTable(entries: entries)) }
    }

    private static let shardCount = 16
    private let shards: [Shard]
    private let entries: Int

    /// - Parameter entries: Buckets that are remembered at the same time, all limits together.
    init(entries: Int) {
        self.entries = entries
        shards = (0..<Self.shardCount).map { _ in Shard(entries: entries / Self.shardCount) }
    }

    func resized(to entries: Int, now: UInt64) -> any RateLimitStore {
        guard entries != self.entries else { return self }
        let successor = RateLimiter(entries: entries)
        for (old, new) in zip(shards, successor.shards) {
            let table = old.table.withLock { $0 }
            new.table.withLock { $0.adopt(table, now: now) }
        }
        return successor
    }

    func take(_ charge: RateCharge) -> RateOutcome {
        shard(of: charge).table.withLock { table in
            if charge.windows.count == 1 {
                let window = charge.windows[0]
                return RateOutcome(
                    first: table.take(
                        charge.bucket(of: window), window.algorithm, cost: charge.cost, now: charge.now))
            }
            return Self.takeAll(charge, &table)
        }
    }

    func refund(_ charge: RateCharge) {
        shard(of: charge).table.withLock { table in
            for window in charge.windows {
                table.refund(charge.bucket(of: window), window.algorithm, cost: charge.cost)
            }
        }
    }

    /// All windows allow the request and are charged, or none is.
    private static func takeAll(_ charge: RateCharge, _ table: inout ArrivalTable) -> RateOutcome {
        let decisions = charge.windows.map {
            table.probe(charge.bucket(of: $0), $0.algorithm, cost: charge.cost, now: charge.now)
        }
        guard decisions.allSatisfy(\.isAllowed) else {
            // Those that would have allowed it say how they stand without it.
            let told = zip(charge.windows, decisions).map { window, decision in
                decision.isAllowed
                    ? table.probe(charge.bucket(of: window), window.algorithm, cost: 0, now: charge.now) : decision
            }
            return RateOutcome(first: told[0], further: Array(told.dropFirst()))
        }
        for window in charge.windows {
            _ = table.take(charge.bucket(of: window), window.algorithm, cost: charge.cost, now: charge.now)
        }
        return RateOutcome(first: decisions[0], further: Array(decisions.dropFirst()))
    }

    private func shard(of charge: RateCharge) -> Shard {
        let half = Self.shardCount / 2
        return shards[Int(UInt(bitPattern: charge.key) % UInt(half)) + (charge.isVouchedFor ? half : 0)]
    }

    // MARK: - What it holds

    /// Walks through all tables: for somebody who looks now and then.
    func occupancy(now: UInt64) -> RateLimitOccupancy {
        shards.reduce(into: RateLimitOccupancy()) { sum, shard in
            shard.table.withLock { table in
                sum.used += table.count(now: now)
                sum.capacity += table.capacity
                sum.evictions += table.evictions
            }
        }
    }
}
