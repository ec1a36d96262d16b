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
    private static let requests = 800

    @Test(.timeLimit(.minutes(5))) func theHighClassIsServedWholeAndTheRestGoesOn() async throws {
        let fleet = try await Fleet(
            "throttle: { in_flight: 8, queue: 40, queue_time: 3s }\n    timeouts: { per_try: 20s, total: 30s }",
            servers: 1, environment: ["CAPACITY": "\(Int(Self.capacity))"],
            routes: [
                "{ name: read, path: /read, methods: [GET], upstream: fleet, auth: public, priority: low }",
                "{ name: pay, path: /pay, methods: [POST], upstream: fleet, auth: public, priority: high }",
            ])
        // Where so much else runs that the server does less than a quarter of what it could, nobody can be served whole,
        // and up to a half it can have stood still for longer than who is to be served whole waits in the queue: then it
        // is tried again, and must not stay so.
        var (counts, share) = (Tally.Counts(), 0.0)
        for _ in 0..<8 {
            let seconds: Double
            (counts, seconds) = try await Self.overload(fleet)
            share = counts.goodput / (Self.capacity * seconds)
            if share >= 0.5 || share >= 0.25 && counts.strange == 0 { break }
        }
        #expect(share >= 0.25, "\(counts), \(share) of what it could")
        #expect(counts.highServed == Self.requests / Self.share, "\(counts)")
        #expect(counts.strange == 0, "\(counts)")
        // It was an overload, and the rest was sent away with the time to come again.
        #expect(counts.shed > 100, "\(counts)")
        await fleet.stop()
    }

    /// Sends them, and says what became of them and how long it took in seconds.
    private static func overload(_ fleet: Fleet) async throws -> (Tally.Counts, Double) {
        let clock = ContinuousClock()
        let began = clock.now
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<requests {
                try await clock.sleep(until: began + .seconds(Double(index) / (2 * capacity)))
                let isHigh = index % share == 0
                group.addTask {
                    let answer =
                        try await isHigh
                        ? fleet.api.send(.post, "/pay", ["amount": 1]) : fleet.api.send(.get, "/read")
                    tally.add(answer, isHigh: isHigh)
                }
            }
            try await group.waitForAll()
        }
        return (tally.counts, (clock.now - began) / .seconds(1))
    }

    /// What became of the requests.
    private final class Tally: Sendable {
        struct Counts {
            var highServed = 0
            var lowServed = 0
            var shed = 0
            var strange = 0
            /// What comes out in front, which is what the server does where nothing strange happens.
            var goodput: Double { Double(highServed + lowServed) }
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
