import TestSupport
import Testing

@testable import Sockets

@Suite("Timer queue")
struct TimerQueueTests {
    /// A plain sorted list of what should fire.
    private struct Model {
        var due: [(due: UInt64, number: Int)] = []

        mutating func pop(_ now: UInt64) -> Int? {
            let first = due.min { ($0.due, $0.number) < ($1.due, $1.number) }
            guard let first, first.due <= now else { return nil }
            due.removeAll { $0.number == first.number }
            return first.number
        }
    }

    @Test("random sequences fire like a sorted list")
    func likeModel() {
        var random = SeededGenerator.announced()
        var queue = TimerQueue()
        var model = Model()
        var tokens: [Int: TimerToken] = [:]
        let fired = Shared<Int?>(nil)
        var now: UInt64 = 0
        for number in 0..<5000 {
            let due = now + UInt64.random(in: 0...50, using: &random)
            tokens[number] = queue.add(due: due) { fired.withLock { $0 = number } }
            model.due.append((due, number))
            if random.chance(0.6), let victim = model.due.randomElement(using: &random)?.number,
                let token = tokens[victim]
            {
                queue.cancel(token)
                model.due.removeAll { $0.number == victim }
            }
            if random.chance(0.2) { now += UInt64.random(in: 0...20, using: &random) }
            while let expected = model.pop(now) {
                queue.popDue(now)?()
                #expect(fired.withLock { $0 } == expected)
            }
            #expect(queue.popDue(now) == nil)
            #expect(queue.count == model.due.count)
        }
    }

    @Test("durations become milliseconds, rounded up")
    func durations() {
        #expect(Duration.milliseconds(5).milliseconds == 5)
        #expect(Duration.microseconds(1).milliseconds == 1)
        #expect(Duration.seconds(-1).milliseconds == 0)
        #expect(Duration.seconds(Int64.max).milliseconds == UInt64.max / 2)
    }
}
