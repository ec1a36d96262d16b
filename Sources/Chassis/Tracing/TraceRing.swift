import DequeModule
import Spans
import Synchronization

/// The latest finished traces of this process, in memory, for `GET /traces`.
///
/// Two rings share the room: one for requests that failed or were slow, which nobody wants to lose to those that went
/// well, and one for the others.
final class TraceRing: Sendable {
    /// One record with what is asked about it.
    struct Entry: Sendable {
        let record: TraceRecord
        let isNotable: Bool
        let footprint: Int
    }

    private struct Ring {
        var entries: Deque<Entry> = []
        var bytes = 0

        mutating func add(_ entry: Entry, count: Int, bytes limit: Int) {
            entries.append(entry)
            bytes += entry.footprint
            while entries.count > count || bytes > limit, let oldest = entries.popFirst() {
                bytes -= oldest.footprint
            }
        }
    }

    private let count: Int
    private let bytes: Int
    private let rings = Mutex((usual: Ring(), notable: Ring()))

    /// - Parameters:
    ///   - count: The most records.
    ///   - bytes: About the most memory for them.
    init(count: Int, bytes: Int) {
        self.count = count
        self.bytes = bytes
    }

    /// Adds a finished record; the oldest ones make room for it.
    /// - Parameter isNotable: Whether it failed or was slow.
    func add(_ record: TraceRecord, isNotable: Bool) {
        let entry = Entry(record: record, isNotable: isNotable, footprint: record.footprint)
        rings.withLock { rings in
            // An odd one goes to the usual ones, and at least one of each is kept.
            if isNotable {
                rings.notable.add(entry, count: max(1, count / 2), bytes: bytes / 2)
            } else {
                rings.usual.add(entry, count: max(1, count - count / 2), bytes: bytes - bytes / 2)
            }
        }
    }

    /// All records, the latest first.
    var entries: [Entry] {
        let (usual, notable) = rings.withLock { ($0.usual.entries, $0.notable.entries) }
        return (Array(usual) + Array(notable)).sorted { $0.record.start > $1.record.start }
    }

    /// How many there are, and how much memory they take.
    var size: (count: Int, bytes: Int) {
        rings.withLock { ($0.usual.entries.count + $0.notable.entries.count, $0.usual.bytes + $0.notable.bytes) }
    }
}
