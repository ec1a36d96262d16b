import Sockets
import Synchronization

/// A bounded cache with one part per event loop, so that loops do not wait for each other.
///
/// Each part has two generations: when the young one is full it becomes the old one and the old one is dropped. An
/// entry that is used while old is moved back; no list has to be kept in order of use.
final class ShardedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Generations {
        var young: [Key: Value] = [:]
        var old: [Key: Value] = [:]

        mutating func insert(_ value: Value, _ key: Key, capacity: Int) {
            if young.count >= capacity {
                old = young
                young = [:]
            }
            young[key] = value
        }
    }

    private final class Shard: Sendable {
        let generations = Mutex(Generations())
    }

    private let shards: [Shard]
    private let capacity: Int
    private let removals = Atomic<UInt64>(0)

    /// At most twice `capacity` entries in each part. `shards` above the number of loops costs nothing but itself.
    init(capacity: Int, shards: Int = 16) {
        self.capacity = max(1, capacity)
        self.shards = (0..<max(1, shards)).map { _ in Shard() }
    }

    private var shard: Shard { shards[(EventLoop.current?.index ?? 0) % shards.count] }

    /// The entries that are held, all parts together.
    var count: Int {
        shards.reduce(0) { $0 + $1.generations.withLock { $0.young.count + $0.old.count } }
    }

    subscript(key: Key) -> Value? {
        shard.generations.withLock { generations in
            if let value = generations.young[key] { return value }
            guard let value = generations.old.removeValue(forKey: key) else { return nil }
            generations.insert(value, key, capacity: capacity)
            return value
        }
    }

    /// How often everything was removed: to be asked for before a value is made of something that may be replaced.
    var epoch: UInt64 { removals.load(ordering: .acquiring) }

    /// Keeps a value that was made in `epoch`. If all has been removed since, it is made of what was replaced, and not kept.
    func insert(_ value: Value, for key: Key, of epoch: UInt64) {
        shard.generations.withLock { generations in
            if epoch == self.epoch { generations.insert(value, key, capacity: capacity) }
        }
    }

    /// Whoever replaces what values are made of does that first.
    func removeAll() {
        // Counted before: who has not seen it when inserting is in a part that is still to be emptied.
        removals.wrappingAdd(1, ordering: .sequentiallyConsistent)
        for shard in shards { shard.generations.withLock { $0 = Generations() } }
    }
}
