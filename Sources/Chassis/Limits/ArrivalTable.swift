/// A bounded memory of arrival times: sets of eight slots, found by a key's hash.
///
/// When a set is full, the bucket that has used the smallest share of its burst gives way. Somebody who sends from ever
/// new addresses therefore pushes out other newcomers; to push out a key that has used up its limit it takes eight keys
/// in its set that have used up theirs, and nobody can choose the set, since hashes are keyed.
public struct ArrivalTable: Sendable {
    private struct Slot: Sendable {
        var key: UInt64 = 0
        var arrival: UInt64 = 0
        /// Nanoseconds in which this bucket is whole again: buckets of different limits are compared by their share.
        var tolerance: UInt64 = 1

        func share(now: UInt64) -> Double {
            arrival <= now ? 0 : Double(arrival - now) / Double(tolerance)
        }
    }

    private static let ways = 8
    private var slots: [Slot]
    private let mask: UInt64
    /// Buckets that were not whole yet when they gave way.
    public private(set) var evictions = 0

    /// - Parameter entries: Slots in all, rounded up to a power of two; 24 bytes each.
    public init(entries: Int) {
        var sets = 1
        while sets * Self.ways < entries { sets *= 2 }
        slots = Array(repeating: Slot(), count: sets * Self.ways)
        mask = UInt64(sets - 1)
    }

    /// The number of slots.
    public var capacity: Int { slots.count }

    /// The number of buckets that are not whole.
    public func count(now: UInt64) -> Int { slots.count { $0.arrival > now } }

    /// Charges a request to the key's bucket when that allows it. A refusal changes nothing.
    ///
    /// - Parameter key: A keyed hash of what is limited, not 0; two keys of one hash share a bucket.
    public mutating func take(_ key: UInt64, _ algorithm: GCRA, cost: UInt64, now: UInt64) -> GCRA.Decision {
        let slot = find(key)
        let decision = algorithm.probe(arrival: slot.map { slots[$0].arrival } ?? 0, now: now, cost: cost)
        if decision.isAllowed { keep(key, arrival: now + decision.reset, algorithm, now: now, at: slot) }
        return decision
    }

    /// What ``take(_:_:cost:now:)`` would say.
    public func probe(_ key: UInt64, _ algorithm: GCRA, cost: UInt64, now: UInt64) -> GCRA.Decision {
        algorithm.probe(arrival: find(key).map { slots[$0].arrival } ?? 0, now: now, cost: cost)
    }

    /// Takes a charge back, where the bucket is still known.
    public mutating func refund(_ key: UInt64, _ algorithm: GCRA, cost: UInt64) {
        guard let slot = find(key) else { return }
        slots[slot].arrival = algorithm.refunded(arrival: slots[slot].arrival, cost: cost)
    }

    /// Takes over the buckets of another table that are not whole.
    public mutating func adopt(_ other: ArrivalTable, now: UInt64) {
        for slot in other.slots where slot.arrival > now { slots[find(slot.key) ?? victim(slot.key, now: now)] = slot }
    }

    // MARK: - Slots

    private func set(_ key: UInt64) -> Range<Int> {
        let first = Int((key >> 8) & mask) * Self.ways
        return first..<(first + Self.ways)
    }

    private func find(_ key: UInt64) -> Int? {
        for index in set(key) where slots[index].key == key { return index }
        return nil
    }

    private mutating func keep(_ key: UInt64, arrival: UInt64, _ algorithm: GCRA, now: UInt64, at known: Int?) {
        if let known {
            slots[known].arrival = arrival
            return
        }
        let index = victim(key, now: now)
        if slots[index].arrival > now { evictions += 1 }
        slots[index] = Slot(key: key, arrival: arrival, tolerance: algorithm.tolerance)
    }

    private func victim(_ key: UInt64, now: UInt64) -> Int {
        var least = set(key).lowerBound
        var share = Double.infinity
        for index in set(key) {
            let candidate = slots[index].share(now: now)
            if candidate == 0 { return index }
            if candidate < share { (least, share) = (index, candidate) }
        }
        return least
    }
}
