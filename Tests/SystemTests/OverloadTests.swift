import Foundation
import HTTPTypes
import Synchronization
import Testing

/// Twice as many requests as the service can do, sent at a constant rate whatever becomes of them.
@Suite(.serialized) struct OverloadTests {
    /// Requests a second that the server answers; the others queue there.
    private static let capacity = 100.0
    /// Every tenth request is a payment: a fifth of what the server can do.
    private static let share = 10

    @Test(.timeLimit(.minutes(2))) func theHighClassIsServedWholeAndTheRestGoesOn() async throws {
        let fleet = try await Fleet(
            "throttle: { in_flight: 8, queue: 40, queue_time: 3s }\n    timeouts: { per_try: 20s, total: 30s }",
            servers: 1, environment: ["CAPACITY": "\(Int(Self.capacity))"],
            routes: [
                "{ name: read, path: /read, methods: [GET], upstream: fleet, auth: public, priority: low }",
                "{ name: pay, path: /pay, methods: [POST], upstream: fleet, auth: public, priority: high }",
            ])
        let clock = ContinuousClock()
        let began = clock.now
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<800 {
                try await clock.sleep(until: began + .seconds(Double(index) / (2 * Self.capacity)))
                let isHigh = index % Self.share == 0
                group.addTask {
                    let answer =
                        try await isHigh
                        ? fleet.api.send(.post, "/pay", ["amount": 1]) : fleet.api.send(.get, "/read")
                    tally.add(answer, isHigh: isHigh)
                }
            }
            try await group.waitForAll()
        }
        let (seconds, counts) = ((clock.now - began) / .seconds(1), tally.counts)
        #expect(counts.highServed == 800 / Self.share, "\(counts)")
        #expect(counts.strange == 0, "\(counts)")
        // What the server does is what comes out in front, since nothing strange did. How much that is depends on who else
        // uses the machine; it does not break down.
        let goodput = Double(counts.highServed + counts.lowServed)
        #expect(goodput >= 0.25 * Self.capacity * seconds, "\(counts) in \(seconds) s")
        // It was an overload, and the rest was sent away with the time to come again.
        #expect(counts.shed > 100, "\(counts)")
        await fleet.stop()
    }

    /// What became of the requests.
    private final class Tally: Sendable {
        struct Counts {
            var highServed = 0
            var lowServed = 0
            var shed = 0
            var strange = 0
        }

        private let state = Mutex(Counts())
        var counts: Counts { state.withLock { $0 } }

        func add(_ answer: APIClient.Answer, isHigh: Bool) {
            state.withLock { counts in
                switch (answer.status, isHigh) {
                case (200, true): counts.highServed += 1
                case (200, false): counts.lowServed += 1
                case (503, false) where answer.code == "overloaded" && answer.field("Retry-After") != nil:
                    counts.shed += 1
                default: counts.strange += 1
                }
            }
        }
    }
}
