import TestSupport
import Testing

@testable import Gateway

@Suite struct AdmissionQueueTests {
    private func enter(
        _ queue: inout AdmissionQueue, _ priority: Priority, at now: UInt64
    ) -> (ticket: AdmissionQueue.Ticket, until: UInt64, evicted: AdmissionQueue.Ticket?)? {
        guard case .wait(let ticket, let until, let evicted) = queue.enter(priority, now: now) else { return nil }
        return (ticket, until, evicted)
    }

    private func entered(
        _ queue: inout AdmissionQueue, _ priority: Priority, at now: UInt64
    ) throws -> (ticket: AdmissionQueue.Ticket, until: UInt64, evicted: AdmissionQueue.Ticket?) {
        let entry = enter(&queue, priority, at: now)
        return try #require(entry)
    }

    @Test func classesGoInTheirOrderAndEachInThatOfComing() throws {
        var queue = AdmissionQueue(capacity: 10, time: 100)
        let order: [Priority] = [.low, .normal, .high, .low, .high, .normal]
        let tickets = try order.map { try entered(&queue, $0, at: 0).ticket }
        var turns: [AdmissionQueue.Ticket] = []
        while let ticket = queue.turn(now: 50).ticket { turns.append(ticket) }
        #expect(turns == [2, 4, 1, 5, 0, 3].map { tickets[$0] })
        #expect(queue.count == 0)
    }

    @Test func afterABurstTheLatestGoesFirstAndWaitsLess() throws {
        var queue = AdmissionQueue(capacity: 100, time: 100)
        let early = [enter(&queue, .normal, at: 0)?.until, enter(&queue, .normal, at: 100)?.until]
        #expect(early == [100, 200])
        // Not empty for longer than anybody may wait.
        let late = try entered(&queue, .normal, at: 101)
        #expect(late.until == 106)
        let latest = try entered(&queue, .normal, at: 102)
        let turns = [queue.turn(now: 103).ticket, queue.turn(now: 103).ticket]
        #expect(turns == [latest.ticket, late.ticket])
    }

    @Test func theHighClassKeepsItsTimeAndOrderUnderOverload() throws {
        var queue = AdmissionQueue(capacity: 100, time: 100)
        _ = enter(&queue, .low, at: 0)
        let first = try entered(&queue, .high, at: 150)
        let second = try entered(&queue, .high, at: 160)
        #expect(first.until == 250)
        #expect(queue.isOverloaded(now: 160))
        let turns = [queue.turn(now: 170).ticket, queue.turn(now: 170).ticket]
        #expect(turns == [first.ticket, second.ticket])
    }

    @Test func anEmptyQueueEndsTheOverload() {
        var queue = AdmissionQueue(capacity: 100, time: 100)
        _ = enter(&queue, .normal, at: 0)
        #expect(queue.isOverloaded(now: 101))
        let expired = queue.turn(now: 101).expired
        #expect(expired.count == 1)
        #expect(!queue.isOverloaded(now: 101))
        let until = enter(&queue, .normal, at: 500)?.until
        #expect(until == 600)
    }

    @Test func whoIsFullSendsTheLowestAway() throws {
        var queue = AdmissionQueue(capacity: 2, time: 100)
        let low = try entered(&queue, .low, at: 0)
        let normal = try entered(&queue, .normal, at: 0)
        let sequence: [Priority] = [.low, .normal, .normal, .high]
        let evicted = sequence.map { enter(&queue, $0, at: 1)?.evicted }
        #expect(evicted == [nil, low.ticket, nil, normal.ticket])
        #expect(queue.count == 2)
    }

    @Test func aQueueOfNothingTakesNobody() {
        var queue = AdmissionQueue(capacity: 0, time: 100)
        let entry = enter(&queue, .high, at: 0)
        #expect(entry?.ticket == nil)
        let turn = queue.turn(now: 0)
        #expect(turn.ticket == nil)
    }

    @Test func whateverHappensEachTicketEndsOnce() {
        var random = TestSeed.generator()
        for _ in 0..<200 {
            let capacity = Int.random(in: 0...20, using: &random)
            var queue = AdmissionQueue(capacity: capacity, time: UInt64.random(in: 1...200, using: &random))
            var waiting: Set<AdmissionQueue.Ticket> = []
            var now: UInt64 = 0
            for _ in 0..<300 {
                now += UInt64.random(in: 0...20, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let priority = Priority.allCases.randomElement(using: &random) ?? .low
                    guard let entry = enter(&queue, priority, at: now) else { continue }
                    if let evicted = entry.evicted { #expect(waiting.remove(evicted) != nil) }
                    #expect(waiting.insert(entry.ticket).inserted)
                case 5..<8:
                    let (ticket, expired) = queue.turn(now: now)
                    for one in expired { #expect(waiting.remove(one) != nil) }
                    if let ticket { #expect(waiting.remove(ticket) != nil) }
                default:
                    guard let ticket = waiting.randomElement(using: &random) else { continue }
                    let hasLeft = [queue.leave(ticket, now: now), queue.leave(ticket, now: now)]
                    #expect(hasLeft == [true, false])
                    waiting.remove(ticket)
                }
                #expect(queue.count == waiting.count)
                #expect(queue.count <= capacity)
            }
        }
    }
}
