import Spans
import Synchronization
import Testing

@testable import Chassis

@Suite("Queue and ring of traces")
struct TraceStoreTests {
    private func record(_ id: UInt64, spans: Int = 1, text: String = "") -> TraceRecord {
        let record = TraceRecord(.request, traceID: (0, id), rootID: id, isSampled: true, start: id)
        for _ in 1..<max(1, spans) { record.end(record.begin(.call)) }
        if !text.isEmpty { record.set(.reason, text: text) }
        record.finish()
        return record
    }

    @Test("The queue takes what fits, drops and counts the rest, and gives the oldest first")
    func queue() {
        let queue = SpanQueue(limit: 10, batch: 4)
        for id in 1...6 { queue.offer(record(UInt64(id), spans: 2)) }
        #expect(queue.count == 10)
        #expect(queue.dropped == 2)
        #expect(queue.take().map(\.rootID) == [1, 2])
        queue.offer(record(7, spans: 2))
        #expect(queue.take().map(\.rootID) == [3, 4])
        #expect(queue.take().map(\.rootID) == [5, 7])
        #expect(queue.take().isEmpty)
        #expect(queue.count == 0)
    }

    @Test("A full batch is told once, and again when there is another one")
    func fullBatch() {
        let counter = Counter()
        let queue = SpanQueue(limit: 100, batch: 3) { counter.add() }
        for id in 1...9 { queue.offer(record(UInt64(id))) }
        #expect(counter.count == 1)
        while !queue.take().isEmpty {}
        for id in 1...3 { queue.offer(record(UInt64(id))) }
        #expect(counter.count == 2)
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        var count: Int { value.load(ordering: .relaxed) }
        func add() { value.wrappingAdd(1, ordering: .relaxed) }
    }

    @Test("The ring keeps the latest, and what failed is not pushed out by what did not")
    func ring() {
        let ring = TraceRing(count: 4, bytes: 1 << 20)
        for id in 1...3 { ring.add(record(UInt64(id)), isNotable: true) }
        for id in 4...20 { ring.add(record(UInt64(id)), isNotable: false) }
        #expect(ring.entries.map(\.record.rootID) == [20, 19, 3, 2])
        #expect(ring.size.count == 4)
    }

    @Test("The ring is bounded in bytes, and counts them right")
    func ringBytes() {
        let ring = TraceRing(count: 1_000, bytes: 20_000)
        for id in 1...500 { ring.add(record(UInt64(id), text: String(repeating: "x", count: 500)), isNotable: false) }
        #expect(ring.size.bytes <= 10_000)
        #expect(ring.size.bytes == ring.entries.reduce(0) { $0 + $1.footprint })
        #expect(ring.size.count > 3)
        ring.add(record(501, spans: 200), isNotable: false)
        #expect(ring.size.bytes <= 10_000)
    }
}
