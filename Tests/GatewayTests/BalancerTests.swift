import Sockets
import TestSupport
import Testing

@testable import Gateway

@Suite struct BalancerTests {
    private static func candidates(_ weights: [Double]) -> [Candidate] {
        weights.enumerated().map { index, weight in
            let address = SocketAddress(ip: "10.0.0.\(index + 1)", port: 80) ?? .loopback(port: 80)
            let endpoint = UpstreamEndpoint(address: address, authority: Endpoint(host: "service", port: 80))
            return Candidate(endpoint: endpoint, weight: weight)
        }
    }

    /// How often each candidate is chosen; `each` may give it something to do.
    private static func counts(
        _ policy: BalanceConfiguration.Policy, _ candidates: [Candidate], rounds: Int, seed: UInt64,
        each: (UpstreamEndpoint) -> Void = { _ in }
    ) -> [Int] {
        var balancer = Balancer(policy: policy, seed: seed)
        var counts: [String: Int] = [:]
        let isUniform = candidates.allSatisfy { $0.weight == candidates[0].weight }
        for _ in 0..<rounds {
            let chosen = balancer.choose(candidates, isUniform: isUniform, affinity: nil)
            counts[chosen.name, default: 0] += 1
            each(chosen)
        }
        return candidates.map { counts[$0.endpoint.name] ?? 0 }
    }

    @Test(arguments: BalanceConfiguration.Policy.allCases)
    func equalsShareEqually(policy: BalanceConfiguration.Policy) {
        var random = TestSeed.generator()
        let counts = Self.counts(policy, Self.candidates([1, 1, 1]), rounds: 30_000, seed: random.next())
        #expect(counts.allSatisfy { (9_400...10_600).contains($0) }, "\(counts)")
    }

    @Test(arguments: BalanceConfiguration.Policy.allCases)
    func weightsAreShares(policy: BalanceConfiguration.Policy) {
        var random = TestSeed.generator()
        let candidates = Self.candidates([1, 3])
        // Requests that stay make the load count; without any, least-request leans to neither.
        let counts = Self.counts(policy, candidates, rounds: 40_000, seed: random.next()) {
            if policy == .leastRequest { $0.began() }
        }
        #expect((9_300...10_700).contains(counts[0]), "\(counts)")
    }

    @Test func aHeavyOnesTurnsAreSpread() {
        let candidates = Self.candidates([2, 1])
        var balancer = Balancer(policy: .roundRobin, seed: 1)
        let turns = (0..<6).map { _ in balancer.choose(candidates, isUniform: false, affinity: nil).name.prefix(8) }
        #expect(turns == ["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"])
    }

    @Test func theBusyOneIsAvoided() {
        let candidates = Self.candidates([1, 1])
        for _ in 0..<5 { candidates[0].endpoint.began() }
        #expect(Self.counts(.leastRequest, candidates, rounds: 1_000, seed: 7) == [0, 1_000])
    }

    // MARK: - Hash

    @Test func whenOneGoesOnlyItsKeysMove() {
        var random = TestSeed.generator()
        let all = Self.candidates([1, 2, 1, 1])
        let fewer = Array(all.dropLast())
        for _ in 0..<2_000 {
            let key = random.next()
            let before = Balancer.rendezvous(all, key: key)
            let after = Balancer.rendezvous(fewer, key: key)
            #expect(before === after || before === all[3].endpoint)
        }
    }

    @Test func replicasAgree() {
        // Written down: another version that answers otherwise would send every key elsewhere during its rollout.

        let places = (0..<8).map {
            Balancer.rendezvous(Self.candidates([1, 1, 1]), key: StableHash.of("key-\($0)")).name
        }
        #expect(places.map { $0.dropFirst(7).first.map(String.init) ?? "" }.joined() == Self.expectedPlaces)
    }

    private static let expectedPlaces = "22211231"

    @Test func cookiesAreFound() {
        #expect(Upstream.cookie("sid", in: "a=1; sid=x=y; b=2") == "x=y")
        #expect(Upstream.cookie("sid", in: "xsid=1; sidx=2") == nil)
        #expect(Upstream.cookie("sid", in: "") == nil)
    }
}
