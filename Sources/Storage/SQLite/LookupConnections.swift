import Synchronization

/// Read-only connections for lookups that run on whatever thread asks.
///
/// Each thread has a favourite, so that an event loop keeps meeting the same warm statements; taking it costs one atomic
/// exchange. A connection is never shared: a thread that finds its favourite taken uses the next free one.
/// `@unchecked Sendable`: a slot's connection is touched only between winning and clearing its flag.
final class LookupConnections: @unchecked Sendable {
    private final class Slot {
        let isTaken = Atomic<Bool>(false)
        let count = Atomic<Int>(0)
        var connection: Connection?
    }

    private let slots: [Slot]
    private let isClosed = Atomic<Bool>(false)
    private let path: String
    private let options: SQLiteOptions

    init(path: String, options: SQLiteOptions, count: Int) {
        self.path = path
        self.options = options
        slots = (0..<count).map { _ in Slot() }
    }

    /// Lookups answered so far.
    var count: Int {
        slots.reduce(0) { $0 + $1.count.load(ordering: .relaxed) }
    }

    /// Runs `body` with a connection of its own.
    func with<T>(_ body: (any Reader) throws -> T) throws -> T {
        let slot = try take()
        defer { slot.isTaken.store(false, ordering: .releasing) }
        slot.count.wrappingAdd(1, ordering: .relaxed)
        if let connection = slot.connection { return try body(connection) }
        let connection = try Connection(path: path, role: .reader, options: options)
        slot.connection = connection
        return try body(connection)
    }

    private func take() throws(DatabaseError) -> Slot {
        var index = threadHint() % slots.count
        var tries = 0
        while !isClosed.load(ordering: .acquiring) {
            let slot = slots[index]
            if !slot.isTaken.exchange(true, ordering: .acquiring) { return slot }
            index = (index + 1) % slots.count
            tries += 1
            // All are taken: more threads than slots. Lookups take microseconds.
            if tries % slots.count == 0 { yieldThread() }
        }
        throw .closed
    }

    /// Closes every connection, waiting for lookups under way; later ones throw `.closed`.
    func close() {
        isClosed.store(true, ordering: .releasing)
        for slot in slots {
            while slot.isTaken.exchange(true, ordering: .acquiring) { yieldThread() }
            slot.connection = nil
            // Left taken: nobody may open it again.
        }
    }
}
