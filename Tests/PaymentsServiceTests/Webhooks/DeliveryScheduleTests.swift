import TestSupport
import Testing

@testable import PaymentsService

@Suite struct DeliveryScheduleTests {
    @Test("The wait doubles from five seconds up to six hours")
    func waits() {
        #expect((1...5).map { DeliverySchedule.wait(after: $0) } == [5_000, 10_000, 20_000, 40_000, 80_000])
        #expect(DeliverySchedule.wait(after: 13) == 20_480_000)
        #expect(DeliverySchedule.wait(after: 14) == 21_600_000)
        #expect(DeliverySchedule.wait(after: 1_000) == 21_600_000)
        #expect(DeliverySchedule.wait(after: 0) == 5_000)
    }

    @Test("A receiver that names a time is not tried before, and chance counts for the rest")
    func retryAfter() {
        let next = { (attempts: Int, wait: Int64) in
            DeliverySchedule.next(after: attempts, failedAt: 1_000, leftAlone: wait, expiresAt: 100_000, random: 0)
        }
        #expect(next(1, 0) == 3_500 && next(1, 2_000) == 3_500 && next(1, 60_000) == 61_000)
        #expect(next(1, 99_000) == nil, "it has expired by then")
        var delivery = delivery(at: 0)
        delivery.record(.answered(503, leftAlone: 90_000), at: 10, random: 0.5)
        #expect(delivery.nextAttemptAt == 90_010)
    }

    private func delivery(at now: Int64) -> WebhookDelivery {
        let event = StoredEvent(sequence: 1, id: "evt_1", type: "payment.succeeded", data: [], createdAt: now)
        return WebhookDelivery(id: "whd_1", event, to: "whe_1", at: now)
    }

    @Test("Whatever chance says, a delivery that never arrives is tried for three days, and then no more")
    func neverArrives() throws {
        var random = SeededGenerator.announced()
        for _ in 0..<200 {
            let start = Int64.random(in: 0...2_000_000_000_000, using: &random)
            var delivery = delivery(at: start)
            var (now, gaps) = (start, [Int64]())
            while delivery.status == .pending {
                let due = try #require(delivery.nextAttemptAt)
                #expect(due >= now && due < start + DeliverySchedule.lifetime)
                gaps.append(due - now)
                // A receiver takes its time too.
                now = due + Int64.random(in: 0...10_000, using: &random)
                delivery.record(.failed("connect_timeout"), at: now, random: Double.random(in: 0..<1, using: &random))
            }
            #expect(delivery.status == .dead)
            #expect(delivery.nextAttemptAt == nil)
            #expect(delivery.finishedAt == now)
            #expect(delivery.attempts == gaps.count)
            #expect((20...60).contains(delivery.attempts), "\(delivery.attempts)")
            // Two days and a half at least, since the longest wait is six hours.
            #expect(now - start > DeliverySchedule.lifetime - DeliverySchedule.longest)
            for (index, gap) in gaps.dropFirst().enumerated() {
                let whole = DeliverySchedule.wait(after: index + 1)
                #expect(gap >= whole / 2 && gap <= whole, "after \(index + 1) failures \(gap) ms")
            }
        }
    }

    @Test("A random history ends with the first success, and counts every attempt")
    func arrives() {
        var random = SeededGenerator.announced()
        for _ in 0..<500 {
            var delivery = delivery(at: 0)
            let failures = Int.random(in: 0...15, using: &random)
            for _ in 0..<failures {
                let status = [nil, 302, 400, 404, 500, 503].randomElement(using: &random)!
                let attempt = status.map { DeliveryAttempt.answered($0) } ?? .failed("connection_refused")
                delivery.record(attempt, at: delivery.nextAttemptAt ?? 0, random: random.chance(0.5) ? 0 : 0.999)
                #expect(delivery.status == .pending)
                #expect(delivery.failure != nil)
                #expect(delivery.responseStatus == status)
            }
            let end = delivery.nextAttemptAt ?? 0
            delivery.record(.answered(Int.random(in: 200...299, using: &random)), at: end, random: 0.5)
            #expect(delivery.status == .delivered)
            #expect(delivery.attempts == failures + 1)
            #expect(delivery.failure == nil)
            #expect(delivery.nextAttemptAt == nil)
            #expect(delivery.finishedAt == end)
        }
    }

    @Test func onlyTwoHundredsArrive() {
        #expect([200, 201, 204, 299].allSatisfy { DeliveryAttempt.answered($0).hasArrived })
        #expect([301, 302, 307, 304, 400, 410, 429, 500, 599].allSatisfy { !DeliveryAttempt.answered($0).hasArrived })
        #expect(DeliveryAttempt.answered(302).failure == "status_3xx")
    }
}

@Suite struct EndpointQueueTests {
    @Test(
        "An endpoint that asks to be left alone gets nothing before, whether the attempt arrived or not",
        arguments: [true, false])
    func leftAlone(hasArrived: Bool) {
        var queue = EndpointQueue()
        for _ in 0..<3 { queue.begin() }
        queue.end(hasArrived: hasArrived, leftAlone: 90_000, at: 1_000, random: 0)
        queue.end(hasArrived: true, at: 2_000, random: 0)
        queue.end(hasArrived: true, leftAlone: 5_000, at: 3_000, random: 0)
        #expect(queue.resumesAt == 91_000)
        #expect(queue.room(at: 90_999) == 0)
        #expect(queue.room(at: 91_000) == EndpointQueue.width)
    }

    @Test("After an outage, what failed is due; some failures are none")
    func recovery() {
        for failures in [1, EndpointQueue.outage - 1, EndpointQueue.outage, 20] {
            var queue = EndpointQueue()
            for _ in 0..<failures {
                queue.begin()
                queue.end(hasArrived: false, at: 1_000, random: 0)
            }
            queue.begin()
            queue.end(hasArrived: true, at: 9_000, random: 0)
            let isOutage = failures >= EndpointQueue.outage
            #expect(queue.due(at: 50_000, lastAttemptAt: 1_000) == (isOutage ? 9_000 : 50_000))
            #expect(queue.due(at: 5_000, lastAttemptAt: 1_000) == 5_000)
            // It failed later, or was never tried.
            #expect(queue.due(at: 50_000, lastAttemptAt: 9_001) == 50_000)
            #expect(queue.due(at: 50_000, lastAttemptAt: nil) == 50_000)
        }
    }

    @Test func whatWasNotSentChangesNothing() {
        var queue = EndpointQueue(isFailing: true)
        let before = queue
        queue.begin()
        queue.abandon()
        #expect(queue == before)
    }

    @Test("Whatever happens, no more is under way than may be, and a failing endpoint is asked once at a time")
    func random() {
        var random = SeededGenerator.announced()
        for _ in 0..<100 {
            var queue = EndpointQueue(isFailing: random.chance(0.2))
            var (now, underWay, failures): (Int64, Int, Int) = (0, 0, queue.failures)
            for _ in 0..<300 {
                now += Int64.random(in: 0...3_000, using: &random)
                if underWay > 0, random.chance(0.5) {
                    let hasArrived = random.chance(0.6)
                    queue.end(hasArrived: hasArrived, at: now, random: Double.random(in: 0..<1, using: &random))
                    underWay -= 1
                    failures = hasArrived ? 0 : failures + 1
                    if !hasArrived {
                        let wait = queue.resumesAt - now
                        let most = min(60_000, 1_000 << Int64(min(failures - 1, 10)))
                        #expect(wait >= most / 2 && wait <= most)
                        #expect(queue.room(at: queue.resumesAt - 1) == 0)
                        #expect(queue.room(at: queue.resumesAt) == (underWay == 0 ? 1 : 0))
                    }
                }
                #expect(queue.failures == failures)
                #expect(queue.isFailing == (failures > 0))
                let room = queue.room(at: now)
                #expect(room >= 0 && room + underWay <= max(EndpointQueue.width, underWay))
                if failures > 0 { #expect(room == 0 || (room == 1 && underWay == 0)) }
                for _ in 0..<Int.random(in: 0...room, using: &random) {
                    queue.begin()
                    underWay += 1
                }
                #expect(queue.underWay == underWay)
            }
        }
    }
}
