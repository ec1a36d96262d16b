import Sockets

/// The addresses of one upstream and what is known about each: which of them are to be used.
///
/// A pure state machine behind the upstream's lock; loops work with the ``Choices`` that it hands out. Times are
/// milliseconds.
struct EndpointTable: Sendable {
    struct Member: Sendable {
        let endpoint: UpstreamEndpoint
        var weight: Int
        var outlier = OutlierRecord()
        var health = HealthRecord()
        /// Since when its share grows; `nil` when it has its full share.
        var warmSince: UInt64?
        fileprivate var silence = SilenceRecord()

        /// Whether nothing speaks against using it.
        var isFit: Bool { health.isHealthy && !outlier.isEjected }
    }

    /// What happened to an address, for the log and the metrics.
    enum Event: Sendable, Equatable {
        case appeared(String)
        case disappeared(String)
        case ejected(String, OutlierRecord.Cause)
        /// Its ejection is over.
        case returned(String)
        case checkedHealthy(String)
        case checkedUnhealthy(String)
    }

    /// An address and the name under which it was found.
    struct Place: Sendable {
        var address: SocketAddress
        var authority: Endpoint
        var weight: Int
    }

    /// More addresses behind one upstream are ignored.
    static let capacity = 256
    /// The share with which a slow start begins.
    private static let leastShare = 0.1

    private let configuration: UpstreamConfiguration
    private(set) var members: [Member] = []
    /// Tries of addresses that are gone.
    private var formerTries: UInt64 = 0

    init(_ configuration: UpstreamConfiguration) { self.configuration = configuration }

    /// Starts with what another table knows about the same addresses.
    init(_ configuration: UpstreamConfiguration, inheriting other: EndpointTable) {
        self.configuration = configuration
        members = other.members
        formerTries = other.formerTries
        if configuration.health == nil { for index in members.indices { members[index].health = HealthRecord() } }
    }

    // MARK: - Addresses

    /// Takes over the addresses that were found; known ones keep what is known about them.
    mutating func place(_ places: [Place], now: UInt64) -> [Event] {
        var seen: Set<SocketAddress> = []
        let old = members
        members = places.filter { seen.insert($0.address).inserted }.prefix(Self.capacity).map { place in
            if var known = old.first(where: { $0.endpoint.address == place.address }) {
                known.weight = place.weight
                return known
            }
            let endpoint = UpstreamEndpoint(address: place.address, authority: place.authority)
            // Where there was nobody before, nobody else can carry the load meanwhile.
            return Member(endpoint: endpoint, weight: place.weight, warmSince: old.isEmpty ? nil : now)
        }
        let appeared = members.filter { member in !old.contains { $0.endpoint === member.endpoint } }
        let gone = old.filter { member in !members.contains { $0.endpoint === member.endpoint } }
        formerTries = gone.reduce(formerTries) { $0 &+ $1.endpoint.tries }
        return gone.map { .disappeared($0.endpoint.name) } + appeared.map { .appeared($0.endpoint.name) }
    }

    /// All requests so far, retries included.
    var tries: UInt64 { members.reduce(formerTries) { $0 &+ $1.endpoint.tries } }

    // MARK: - What requests and checks say

    mutating func failed(_ endpoint: UpstreamEndpoint, _ cause: OutlierRecord.Cause, now: UInt64) -> Event? {
        guard let index = index(of: endpoint), members[index].outlier.failed(configuration.outliers) else { return nil }
        return eject(index, cause, now: now)
    }

    mutating func succeeded(_ endpoint: UpstreamEndpoint) {
        guard let index = index(of: endpoint) else { return }
        members[index].outlier.succeeded()
    }

    /// An address was asked whether it answers at all, after it had been silent.
    mutating func probed(_ endpoint: UpstreamEndpoint, answered: Bool, now: UInt64) -> Event? {
        guard let index = index(of: endpoint) else { return nil }
        members[index].silence = SilenceRecord()
        return answered || members[index].outlier.isEjected ? nil : eject(index, .silence, now: now)
    }

    /// An active check came back. It also ends an ejection, unless that was for what the address answered: being well
    /// says little about being right.
    mutating func checked(_ endpoint: UpstreamEndpoint, passed: Bool, now: UInt64) -> [Event] {
        guard let index = index(of: endpoint), let health = configuration.health else { return [] }
        var events: [Event] = []
        if members[index].health.checked(passed: passed, health) {
            events.append(passed ? .checkedHealthy(endpoint.name) : .checkedUnhealthy(endpoint.name))
            if passed { members[index].warmSince = now }
        }
        if members[index].isBack(after: passed) {
            members[index].outlier.readmit(now: now)
            members[index].warmSince = now
            events.append(.returned(endpoint.name))
        }
        return events
    }

    private func index(of endpoint: UpstreamEndpoint) -> Int? { members.firstIndex { $0.endpoint === endpoint } }

    /// Never the only one, and no more than the configured share of all, but one where that would be none.
    private mutating func eject(_ index: Int, _ cause: OutlierRecord.Cause, now: UInt64) -> Event? {
        let allowed = max(1, members.count * configuration.outliers.maximumPercent / 100)
        let ejected = members.count { $0.outlier.isEjected }
        guard members.count > 1, configuration.outliers.maximumPercent > 0, ejected < allowed else { return nil }
        members[index].outlier.eject(cause, now: now, configuration.outliers)
        return .ejected(members[index].endpoint.name, cause)
    }

    // MARK: - Time

    /// Ends ejections and slow starts whose time is over.
    ///
    /// - Returns: What changed, and the addresses that have been silent for so long that they should be asked.
    mutating func review(now: UInt64) -> (events: [Event], suspects: [UpstreamEndpoint]) {
        var events: [Event] = []
        var suspects: [UpstreamEndpoint] = []
        for index in members.indices {
            let endpoint = members[index].endpoint
            if members[index].outlier.review(now: now) {
                members[index].warmSince = now
                events.append(.returned(endpoint.name))
            }
            if let since = members[index].warmSince, now >= since + configuration.balance.slowStart {
                members[index].warmSince = nil
            }
            if members.count > 1, configuration.outliers.silence > 0, members[index].isFit,
                members[index].silence.isSuspicious(endpoint, for: configuration.outliers.silence, now: now)
            {
                suspects.append(endpoint)
            }
        }
        return (events, suspects)
    }

    // MARK: - Choosing

    /// Whether so few addresses are fit that all are used: most likely it is not them that are wrong.
    var isPanicking: Bool {
        let fit = members.count { $0.isFit }
        return fit == 0 || fit * 100 < members.count * configuration.outliers.panicPercent
    }

    /// What a loop chooses from until somebody says otherwise.
    func choices(now: UInt64) -> Choices {
        let used = isPanicking ? members : members.filter(\.isFit)
        let ready = used.map { Candidate(endpoint: $0.endpoint, weight: Double($0.weight) * share($0, now: now)) }
        return Choices(ready: ready, all: members.map(\.endpoint))
    }

    /// An address for a request that failed at others: a fit one, else, `unfit` as it may be, any that is not `tried`.
    func another(than tried: [UpstreamEndpoint], unfit: Bool, affinity: UInt64?) -> UpstreamEndpoint? {
        let rest = members.filter { member in !tried.contains { $0 === member.endpoint } }
        let fit = rest.filter(\.isFit)
        let candidates = fit.isEmpty && (unfit || isPanicking) ? rest : fit
        if candidates.isEmpty { return nil }
        if let affinity {
            return Balancer.rendezvous(
                candidates.map { Candidate(endpoint: $0.endpoint, weight: Double($0.weight)) }, key: affinity)
        }
        return candidates.min { $0.endpoint.inFlight < $1.endpoint.inFlight }?.endpoint
    }

    private func share(_ member: Member, now: UInt64) -> Double {
        guard let since = member.warmSince, configuration.balance.slowStart > 0 else { return 1 }
        let elapsed = Double(now > since ? now - since : 0)
        return min(1, max(Self.leastShare, elapsed / Double(configuration.balance.slowStart)))
    }
}

extension EndpointTable.Member {
    /// Whether a check's result ends an ejection.
    fileprivate func isBack(after passed: Bool) -> Bool {
        passed && health.isHealthy && outlier.isEjected && outlier.cause != .status
    }
}

/// How long an address has answered nothing though it was asked.
private struct SilenceRecord: Sendable {
    private var answers: UInt64 = 0
    private var since: UInt64?
    private var isBeingAsked = false

    /// To be called now and then.
    ///
    /// - Returns: Whether it has been silent for `limit`, once: the caller then asks it.
    mutating func isSuspicious(_ endpoint: UpstreamEndpoint, for limit: UInt64, now: UInt64) -> Bool {
        guard endpoint.unanswered > 0 else {
            since = nil
            return false
        }
        guard let since, endpoint.answers == answers else {
            (self.since, answers) = (now, endpoint.answers)
            return false
        }
        guard !isBeingAsked, now >= since + limit else { return false }
        isBeingAsked = true
        return true
    }
}

/// What one loop chooses from.
struct Choices: Sendable {
    let ready: [Candidate]
    let all: [UpstreamEndpoint]
    let isUniform: Bool

    static let none = Choices(ready: [], all: [])

    init(ready: [Candidate], all: [UpstreamEndpoint]) {
        self.ready = ready
        self.all = all
        isUniform = ready.allSatisfy { $0.weight == ready.first?.weight }
    }
}
