import HTTP
import HTTPTypes
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// The gateway knows its buckets by ``RateLimitStore`` alone.
@Suite struct RateLimitStoreTests {
    /// A store around the gateway's own, as one that replicas share would be: notes what is charged and taken back.
    private final class NotingStore: RateLimitStore {
        struct Notes: Equatable {
            var taken = 0
            var refused = 0
            var refunded = 0
            var sizes: [Int] = []
        }

        private let inner = RateLimiter(entries: 1_024)
        private let log = Mutex(Notes())

        var notes: Notes { log.withLock { $0 } }

        func take(_ charge: RateCharge) -> RateOutcome {
            let outcome = inner.take(charge)
            log.withLock { log in
                if outcome.isAllowed { log.taken += 1 } else { log.refused += 1 }
            }
            return outcome
        }

        func refund(_ charge: RateCharge) {
            inner.refund(charge)
            log.withLock { $0.refunded += 1 }
        }

        func occupancy(now: UInt64) -> RateLimitOccupancy { .init(used: 3, capacity: 5, evictions: 7) }

        func resized(to entries: Int, now: UInt64) -> any RateLimitStore {
            log.withLock { $0.sizes.append(entries) }
            return self
        }
    }

    private static let yaml = """
        upstreams: { one: { url: "${PAYMENTS}" } }
        rate_limits:
          wide: { key: address, quota: 100, window: 1h }
          tight: { key: [{ header: X-Tenant }, address], quota: 1, window: 1h }
        routes:
          - { name: wide, path: /wide, upstream: one, auth: public, rate_limits: [wide] }
          - { name: both, path: /both, upstream: one, auth: public, rate_limits: [wide, tight] }
        """

    @Test func everyDecisionIsTheStores() async throws {
        let store = NotingStore()
        try await GatewayFixture.run(Self.yaml, store: { _ in store }) { gateway in
            let allowed = try await gateway.send(.get, "/wide")
            #expect(allowed.status == 200)
            #expect(allowed.fields[.rateLimit]?.hasPrefix("\"wide\";r=99;") == true)
            #expect(store.notes == .init(taken: 1))
            try await gateway.expect(200, .get, "/both")
            #expect(store.notes == .init(taken: 3))
            // The second limit refuses; what the first one has charged is taken back.
            let refused = try await gateway.send(.get, "/both")
            #expect(refused.status == 429)
            // An hour, less what this test has taken since.
            let seconds = try #require(refused.fields[.retryAfter].flatMap { Int($0) })
            #expect((3_000...3_600).contains(seconds))
            #expect(gateway.observed.notes.last?.reason == "rate_limited")
            #expect(store.notes == .init(taken: 4, refused: 1, refunded: 1))
            #expect(gateway.gateway.limits.store.occupancy() == .init(used: 3, capacity: 5, evictions: 7))
        }
    }

    @Test func aReloadGoesOnWithTheStore() async throws {
        let store = NotingStore()
        let made = Mutex<[Int]>([])
        let make = { @Sendable (entries: Int) -> any RateLimitStore in
            made.withLock { $0.append(entries) }
            return store
        }
        try await GatewayFixture.run(Self.yaml, store: make) { gateway in
            try await gateway.expect(200, .get, "/both")
            try gateway.reload(Self.yaml + "\nlimits: { rate_limit_entries: 2048 }\n")
            try await gateway.expect(429, .get, "/both")
            #expect(store.notes == .init(taken: 3, refused: 1, refunded: 1, sizes: [2_048]))
            #expect(made.withLock { $0 } == [65_536])
        }
    }

    @Test func gatewaysWithOneStoreShareTheirLimits() async throws {
        let shared = NotingStore()
        try await GatewayFixture.run(store: { _ in shared }) { one in
            try await GatewayFixture.run(store: { _ in shared }) { other in
                try await one.expect(200, .get, "/limited")
                try await other.expect(200, .get, "/limited")
                try await one.expect(429, .get, "/limited")
                try await other.expect(429, .get, "/limited")
            }
        }
    }
}
