import Chassis

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An address to choose, and its share of the requests relative to the others.
struct Candidate: Sendable {
    let endpoint: UpstreamEndpoint
    var weight: Double
}

/// Chooses the address of each request of one loop. A pure state machine: its randomness is its seed.
struct Balancer: Sendable {
    let policy: BalanceConfiguration.Policy
    private var random: SplitMix64
    /// What each candidate is owed, for `round_robin` by weights.
    private var credits: [Double] = []
    private var turn = 0

    init(policy: BalanceConfiguration.Policy, seed: UInt64) {
        self.policy = policy
        random = SplitMix64(seed: seed)
    }

    /// - Parameters:
    ///   - candidates: The addresses in question, at least one.
    ///   - isUniform: Whether all weights are equal.
    ///   - affinity: The hash of what `hash` goes by.
    @inline(__always)
    mutating func choose(_ candidates: [Candidate], isUniform: Bool, affinity: UInt64?) -> UpstreamEndpoint {
        if candidates.count == 1 { return candidates[0].endpoint }
        switch policy {
        case .leastRequest: return leastRequest(candidates, isUniform: isUniform)
        case .roundRobin: return roundRobin(candidates, isUniform: isUniform)
        case .hash: return Self.rendezvous(candidates, key: affinity ?? next())
        }
    }

    // MARK: - Least request

    /// The less loaded of two: nearly as even as the least loaded of all, and no herd runs to the one that is idle.
    private mutating func leastRequest(_ candidates: [Candidate], isUniform: Bool) -> UpstreamEndpoint {
        let first: Int
        let second: Int
        if isUniform {
            first = below(candidates.count)
            let other = below(candidates.count - 1)
            second = other < first ? other : other + 1
        } else {
            first = byWeight(candidates)
            second = byWeight(candidates)
        }
        let (one, two) = (candidates[first], candidates[second])
        let isBetter = Double(two.endpoint.inFlight + 1) * one.weight < Double(one.endpoint.inFlight + 1) * two.weight
        return isBetter ? two.endpoint : one.endpoint
    }

    private mutating func byWeight(_ candidates: [Candidate]) -> Int {
        var rest = Double(next() >> 11) * 0x1p-53 * candidates.reduce(0) { $0 + $1.weight }
        for index in candidates.indices {
            rest -= candidates[index].weight
            if rest < 0 { return index }
        }
        return candidates.count - 1
    }

    // MARK: - Round robin

    /// In turn; by weights those who are owed most, so that a heavy one's turns are spread and not in a row.
    private mutating func roundRobin(_ candidates: [Candidate], isUniform: Bool) -> UpstreamEndpoint {
        if isUniform {
            turn &+= 1
            return candidates[turn % candidates.count].endpoint
        }
        if credits.count != candidates.count { credits = Array(repeating: 0, count: candidates.count) }
        var best = 0
        var total = 0.0
        for index in candidates.indices {
            credits[index] += candidates[index].weight
            total += candidates[index].weight
            if credits[index] > credits[best] { best = index }
        }
        credits[best] -= total
        return candidates[best].endpoint
    }

    // MARK: - Hash

    /// The candidate with the highest score for this key. When one goes, only its keys move; when one comes, it takes
    /// its share and nothing else moves (weighted rendezvous hashing).
    static func rendezvous(_ candidates: [Candidate], key: UInt64) -> UpstreamEndpoint {
        var best = candidates[0].endpoint
        var highest = -Double.infinity
        for candidate in candidates {
            let bits = SplitMix64.mix(key ^ candidate.endpoint.hash)
            let fraction = (Double(bits >> 11) + 0.5) * 0x1p-53
            let score = -candidate.weight / log(fraction)
            if score > highest { (highest, best) = (score, candidate.endpoint) }
        }
        return best
    }

    // MARK: - Random numbers

    /// Not from the system's generator, which may cost a system call.
    private mutating func next() -> UInt64 { random.next() }

    private mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
