import TestSupport
import Testing

@testable import UserService

@Suite struct KeyRotationTests {
    private static let policy = KeyRotation.Policy(publishAhead: 900_000, overlap: 1_200_000, period: 86_400_000)
    private var rotation = KeyRotation(policy: KeyRotationTests.policy)
    private let names = Names()

    /// Gives keys the names k1, k2 …
    private final class Names {
        private var count = 0

        func next() -> String {
            count += 1
            return "k\(count)"
        }
    }

    private mutating func advance(_ now: Int64, servedSince: Int64 = 0) {
        rotation.advance(now: now, servedSince: servedSince, make: names.next)
    }

    private var states: [String: KeyRotation.State] {
        Dictionary(uniqueKeysWithValues: rotation.keys.map { ($0.id, $0.state) })
    }

    @Test mutating func theBeginningIsAKeyThatSignsAndOneThatIsNext() {
        advance(1_000)
        #expect(states == ["k1": .active, "k2": .published])
        let before = rotation
        advance(2_000)
        #expect(rotation == before)
    }

    @Test mutating func aRotationWaitsUntilTheNextKeyIsKnownEverywhere() {
        advance(0)
        let (asked, again) = (rotation.request(now: 1_000), rotation.request(now: 5_000))
        #expect(asked?.id == "k2" && again?.requestedAt == 1_000)
        advance(899_999)
        #expect(states == ["k1": .active, "k2": .published])
        advance(900_000)
        #expect(states == ["k1": .retiring, "k2": .active, "k3": .published])
        advance(2_099_999)
        #expect(states["k1"] == .retiring)
        advance(2_100_000)
        #expect(states == ["k1": .retired, "k2": .active, "k3": .published])
        #expect(rotation.published == ["k2", "k3"])
    }

    @Test mutating func aKeyThatIsKnownSignsAtOnce() {
        advance(0)
        advance(10_000_000)
        _ = rotation.request(now: 10_000_000)
        advance(10_000_000)
        #expect(states == ["k1": .retiring, "k2": .active, "k3": .published])
    }

    @Test mutating func whatWasPublishedByAProcessThatIsGoneIsPublishedAgainFirst() {
        advance(0)
        _ = rotation.request(now: 1_000)
        advance(5_000_000, servedSince: 5_000_000)
        #expect(states["k2"] == .published)
        advance(5_900_000, servedSince: 5_000_000)
        #expect(states["k2"] == .active)
    }

    @Test mutating func aKeyIsReplacedWhenItIsOld() {
        advance(0)
        advance(86_399_999)
        #expect(states["k1"] == .active)
        advance(86_400_000)
        #expect(states == ["k1": .retiring, "k2": .active, "k3": .published])
    }

    @Test mutating func withoutAPeriodItSignsForever() {
        rotation = KeyRotation(policy: .init(publishAhead: 1, overlap: 1, period: nil))
        advance(0)
        advance(.max / 4)
        #expect(states["k1"] == .active)
    }

    @Test mutating func aCompromisedKeyIsOutAtOnce() {
        advance(0)
        let isDone = rotation.withdraw("k1", now: 5)
        #expect(isDone)
        advance(5)
        #expect(states == ["k1": .retired, "k2": .active, "k3": .published])
        #expect(rotation.keys[0].isWithdrawn)
        let outcomes = [("k1", 6), ("k9", 6), ("k3", 7)].map { rotation.withdraw($0, now: $1) }
        #expect(outcomes == [false, false, true])
        advance(7)
        #expect(states["k2"] == .active && states["k3"] == .retired && states["k4"] == .published)
    }

    @Test mutating func keysOfBeforeAreTakenOver() {
        rotation.adopt(["a", "b", "c"], now: 10)
        advance(10)
        #expect(states == ["a": .retiring, "b": .retiring, "c": .active, "k1": .published])
    }

    /// Random histories, with gateways that fetch the key set as rarely as they may: no token is refused before its time,
    /// unless its key was withdrawn.
    @Test func noTokenIsRefusedByAGatewayThatFetchesInTime() {
        var random = SeededGenerator.announced("key rotation")
        for _ in 0..<150 { history(&random) }
    }

    private struct Gateway {
        let refresh: Int64
        var fetchedAt: Int64
        var keys: Set<String>
    }

    private func history(_ random: inout SeededGenerator) {
        let names = Names()
        var rotation = KeyRotation(policy: .init(publishAhead: 900_000, overlap: 660_000, period: 5_000_000))
        var now: Int64 = 0
        rotation.advance(now: now, servedSince: 0, make: names.next)
        var gateways = (0..<3).map { _ in
            Gateway(
                refresh: Int64.random(in: 1_000...840_000, using: &random), fetchedAt: 0,
                keys: Set(rotation.published))
        }
        var tokens: [(key: String, expires: Int64)] = []
        var known: [String: KeyRotation.State] = [:]
        for _ in 0..<200 {
            now += Int64.random(in: 0...60_000, using: &random)
            // The gateways fetch from the state that was there until now.
            for index in gateways.indices where now - gateways[index].fetchedAt >= gateways[index].refresh {
                gateways[index].fetchedAt = now
                gateways[index].keys = Set(rotation.published)
            }
            if random.chance(0.1) { _ = rotation.request(now: now) }
            if random.chance(0.01),
                let victim = rotation.keys.filter({ $0.state != .retired }).randomElement(using: &random)
            {
                withdraw(victim.id, now, &rotation, &gateways, &tokens, names)
            }
            rotation.advance(now: now, servedSince: 0, make: names.next)
            if let active = rotation.active?.id { tokens.append((active, now + 600_000)) }
            tokens.removeAll { $0.expires <= now }
            for token in tokens {
                for gateway in gateways { #expect(gateway.keys.contains(token.key), "at \(now)") }
                #expect(rotation.published.contains(token.key))
            }
            check(rotation, &known)
        }
    }

    /// The feed tells of it, so every gateway fetches; what the key signed is void.
    private func withdraw(
        _ id: String, _ now: Int64, _ rotation: inout KeyRotation, _ gateways: inout [Gateway],
        _ tokens: inout [(key: String, expires: Int64)], _ names: Names
    ) {
        let isDone = rotation.withdraw(id, now: now)
        #expect(isDone)
        rotation.advance(now: now, servedSince: 0, make: names.next)
        tokens.removeAll { $0.key == id }
        for index in gateways.indices {
            gateways[index].keys = Set(rotation.published)
            #expect(!gateways[index].keys.contains(id))
        }
    }

    /// One key signs, one is next, and no state goes back.
    private func check(_ rotation: KeyRotation, _ known: inout [String: KeyRotation.State]) {
        let order: [KeyRotation.State] = [.published, .active, .retiring, .retired]
        #expect(rotation.keys.count { $0.state == .active } == 1)
        #expect(rotation.keys.count { $0.state == .published } == 1)
        for key in rotation.keys {
            let before = known[key.id].flatMap(order.firstIndex) ?? 0
            #expect(order.firstIndex(of: key.state) ?? 0 >= before)
            known[key.id] = key.state
        }
    }
}
