/// A bounded memory of failures: sets of eight slots, found by a key's hash.
///
/// When a set is full, the key with the fewest failures gives way. Whoever makes up ever new accounts or addresses thus
/// pushes out keys that failed once; to push out one that has to wait it takes eight in its set that failed more often, and
/// nobody can choose the set, since hashes are keyed.
struct FailureTable: Sendable {
    private struct Slot: Sendable {
        var key: UInt64 = 0
        var record = FailureRecord()
    }

    private static let ways = 8
    private var slots: [Slot]
    private let mask: UInt64
    private let policy: FailureDelay

    /// - Parameter entries: Slots in all, rounded up to a power of two; 32 bytes each.
    init(policy: FailureDelay, entries: Int) {
        var sets = 1
        while sets * Self.ways < entries { sets *= 2 }
        slots = Array(repeating: Slot(), count: sets * Self.ways)
        mask = UInt64(sets - 1)
        self.policy = policy
    }

    /// The number of slots.
    var capacity: Int { slots.count }

    /// Begins an attempt for a key (not 0), or says for how many nanoseconds it is too early.
    mutating func begin(_ key: UInt64, now: UInt64) -> UInt64? {
        if let index = find(key) { return slots[index].record.begin(policy, now: now) }
        let index = victim(key, now: now)
        slots[index] = Slot(key: key)
        return slots[index].record.begin(policy, now: now)
    }

    /// Takes back an attempt that was no failure, where the key is still known.
    mutating func takeBack(_ key: UInt64) {
        if let index = find(key) { slots[index].record.takeBack(policy) }
    }

    /// Forgets a key's failures.
    mutating func forget(_ key: UInt64) {
        if let index = find(key) { slots[index] = Slot() }
    }

    /// The number of keys whose failures count.
    func count(now: UInt64) -> Int { slots.count { !$0.record.isForgotten(policy, now: now) } }

    private func set(_ key: UInt64) -> Range<Int> {
        let first = Int((key >> 8) & mask) * Self.ways
        return first..<(first + Self.ways)
    }

    private func find(_ key: UInt64) -> Int? { set(key).first { slots[$0].key == key } }

    private func victim(_ key: UInt64, now: UInt64) -> Int {
        func weight(_ index: Int) -> UInt64 {
            let record = slots[index].record
            return record.isForgotten(policy, now: now) ? 0 : record.failures
        }
        return set(key).min { weight($0) < weight($1) } ?? 0
    }
}
