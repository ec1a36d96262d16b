import HTTP
import HTTPTypes

/// The active faults: which strike a request, and which are over. Pure: time and chance are handed in.
struct FaultTable: Sendable {
    /// How many may be active at a time.
    static let capacity = 16
    /// Of these, more than one would only be harder to see through.
    static let single: Set<FaultKind> = [.blockedDatabase, .memoryGrowth, .crash, .clockSkew]

    /// In the order in which they began.
    private(set) var faults: [ActiveFault] = []

    /// Adds a fault.
    /// - Throws: `Problem` 409 `too_many_faults` or `fault_active`.
    mutating func add(_ fault: ActiveFault) throws(Problem) {
        guard faults.count < Self.capacity else {
            throw Problem(
                .conflict, "too_many_faults", detail: "At most \(Self.capacity) faults are active at a time; end one.")
        }
        let kind = fault.kind
        if Self.single.contains(kind), let other = faults.firstIndex(where: { $0.kind == kind }) {
            throw Problem(
                .conflict, "fault_active",
                detail: "One of this kind is active, and one is enough: end \(faults[other].id).")
        }
        faults.append(fault)
    }

    /// Takes one out; `nil` when there is none with this id.
    mutating func remove(_ id: String) -> ActiveFault? {
        faults.firstIndex { $0.id == id }.map { faults.remove(at: $0) }
    }

    /// Takes all out.
    mutating func removeAll() -> [ActiveFault] {
        defer { faults = [] }
        return faults
    }

    /// Takes out those that are over at `now`.
    mutating func expire(now: UInt64) -> [ActiveFault] {
        let over = faults.filter { $0.end <= now }
        faults.removeAll { $0.end <= now }
        return over
    }

    /// The kinds that are active.
    var kinds: FaultKinds { faults.reduce(into: []) { $0.formUnion(FaultKinds($1.kind)) } }

    /// How many of a kind are active.
    func count(of kind: FaultKind) -> Int { faults.reduce(0) { $0 + ($1.kind == kind ? 1 : 0) } }

    /// How far the clock is off, in milliseconds.
    var skew: Int64 {
        faults.reduce(0) { sum, fault in
            if case .clockSkew(let seconds) = fault.specification.effect { sum + Int64(seconds) * 1_000 } else { sum }
        }
    }

    /// The faults of `kinds` that strike a request now, each by its own throw of the dice.
    /// - Parameters:
    ///   - route: The template of the request's route; `nil` where it has none.
    ///   - upstream: Where the request is about to go, for faults that concern one upstream.
    mutating func strike(
        _ kinds: FaultKinds, route: String?, upstream: String? = nil, now: UInt64,
        using random: inout some RandomNumberGenerator
    ) -> [ActiveFault] {
        var struck: [ActiveFault] = []
        for index in faults.indices {
            let fault = faults[index]
            guard kinds.contains(FaultKinds(fault.kind)), now < fault.end, fault.specification.concerns(route),
                Self.concerns(fault.specification.effect, upstream),
                Int.random(in: 0..<100, using: &random) < fault.specification.percentage
            else { continue }
            faults[index].strikes += 1
            struck.append(faults[index])
        }
        return struck
    }

    private static func concerns(_ effect: FaultEffect, _ upstream: String?) -> Bool {
        guard case .slowDownstream(let name, _, _) = effect else { return true }
        return name == upstream
    }
}
