/// A bounded memory of arrival times: sets of eight slots, found by a key's hash.
///
/// When a set is full, the slot that gives way is the one whose quota is closest to whole again. Somebody who sends from
/// ever new addresses therefore pushes out other newcomers and never a key that is using up its limit.
struct ArrivalTable: Sendable {
    private struct Slot: Sendable {
        var key: UInt64 = 0
        var arrival: UInt64 = 0
    }

    private static let ways = 8
    private var slots: [Slot]
    private let mask: UInt64

    /// - Parameter entries: Slots in all, rounded up to a power of two; 16 bytes each.
    init(entries: Int) {
        var sets = 1
        while sets * Self.ways < entries { sets *= 2 }
        slots = Array(repeating: Slot(), count: sets * Self.ways)
        mask = UInt64(sets - 1)
    }

    /// The number of slots.
    var capacity: Int { slots.count }

    /// Runs `body` on the key's arrival time (0 when it has none) and keeps what it leaves there.
    ///
    /// - Parameter key: A keyed hash of what is limited, not 0; two keys of one hash share a limit.
    mutating func update<Result>(_ key: UInt64, _ body: (inout UInt64) -> Result) -> Result {
        let slot = find(key)
        if slots[slot].key != key { slots[slot] = Slot(key: key, arrival: 0) }
        return body(&slots[slot].arrival)
    }

    private func find(_ key: UInt64) -> Int {
        let first = Int((key >> 8) & mask) * Self.ways
        var oldest = first
        for index in first..<(first + Self.ways) {
            if slots[index].key == key { return index }
            if slots[index].arrival < slots[oldest].arrival { oldest = index }
        }
        return oldest
    }
}
