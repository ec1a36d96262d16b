import Chassis
import HTTP
import Logging
import Sockets
import Synchronization

/// A service behind the gateway, with what is remembered about it and its addresses.
///
/// Loops choose addresses from a view of their own, see ``LoopView``. What fails, appears or returns changes the table
/// behind a lock, and its number, by which the loops see that their view is old.
final class Upstream: Sendable {
    /// What an upstream needs from outside.
    struct Surroundings: Sendable {
        var client: HTTPClient
        var logger: Logger
        var loopCount: Int
    }

    let configuration: UpstreamConfiguration
    /// Its number, in the order of the file.
    let index: Int
    /// The first of its names.
    let endpoint: Endpoint
    let hall: WaitingHall
    let metrics: UpstreamMetrics
    /// What one loop may use of one address; `nil` for the client's own limits.
    let connectionLimits: ConnectionLimits?
    /// Whether addresses are chosen by something in the request.
    let usesAffinity: Bool
    let surroundings: Surroundings
    /// Whether requests must ask ``admit(on:)`` first: the breaker is not closed, or requests are counted.
    let isGuarded: Atomic<Bool>
    let breaker: Mutex<CircuitBreaker>
    let resolution: Mutex<ResolutionSchedule>
    /// When the addresses are asked whether they are well.
    let checks: CheckState?

    private let table: Mutex<EndpointTable>
    private let generation = Atomic<UInt64>(1)
    private let views: [LoopView]
    private let budget: Mutex<RetryBudget>
    /// Requests that were sent before any address was known.
    private let otherTries = Atomic<UInt64>(0)
    private let retries = Atomic<UInt64>(0)

    /// How often a view is looked over while more than one address is there, in milliseconds.
    private static let reviewInterval: UInt64 = 250

    /// - Parameter previous: The upstream of the same name in the configuration that this one replaces: health, breaker,
    ///   budget and the addresses' counters go on.
    init(
        _ configuration: UpstreamConfiguration, index: Int, metrics: UpstreamMetrics, surroundings: Surroundings,
        inheriting previous: Upstream? = nil
    ) {
        self.configuration = configuration
        self.index = index
        self.metrics = metrics
        self.surroundings = surroundings
        let first = configuration.endpoints.first
        endpoint = Endpoint(host: first?.host ?? "", port: first?.port ?? 0)
        connectionLimits = configuration.limits.perLoop(surroundings.loopCount)
        usesAffinity = configuration.balance.policy == .hash
        hall = WaitingHall(configuration.waiting)
        let seed = UInt64.random(in: .min ... .max)
        views = (0..<max(1, surroundings.loopCount)).map { loop in
            LoopView(policy: configuration.balance.policy, seed: SplitMix64.mix(seed &+ UInt64(loop)))
        }
        let now = CoarseClock.milliseconds()
        table = Mutex(Self.table(configuration, inheriting: previous))
        breaker = Mutex(Self.breaker(configuration.breaker, inheriting: previous))
        budget = Mutex(Self.budget(configuration.retries, inheriting: previous, now: now))
        resolution = Mutex(ResolutionSchedule(names: configuration.endpoints.map(\.endpoint)))
        checks = configuration.health.map(CheckState.init)
        isGuarded = Atomic(false)
        if let previous { adopt(previous) }
        placeLiterals(now: now)
        updateGuard()
    }

    // MARK: - Counting

    /// All requests so far, retries included.
    var tries: UInt64 { table.withLock { $0.tries } &+ otherTries.load(ordering: .relaxed) }

    /// A request goes to an address that is not in the table.
    func countOther() { otherTries.wrappingAdd(1, ordering: .relaxed) }

    /// Takes a retry out of the budget. There is none while the breaker spares the upstream.
    func withdrawRetry(now: UInt64) -> Bool {
        guard breaker.withLock({ $0.state == .closed }) else { return false }
        let tries = self.tries
        let mayRetry = budget.withLock { budget in
            let again = retries.load(ordering: .relaxed)
            return budget.withdraw(requests: tries > again ? tries - again : 0, now: now)
        }
        if mayRetry { retries.wrappingAdd(1, ordering: .relaxed) }
        return mayRetry
    }

    // MARK: - Choosing

    /// The address for a request's first try; `nil` while none is known. On the loop's thread.
    @inline(__always)
    func choose(on loop: EventLoop, affinity: UInt64?) -> UpstreamEndpoint? {
        views[loop.index % views.count].state.withLock { view in
            if view.generation != generation.load(ordering: .acquiring) || loop.now >= view.reviewAt {
                renew(&view, now: loop.now)
            }
            if view.choices.ready.isEmpty { return nil }
            return view.balancer.choose(
                view.choices.ready, isUniform: view.choices.isUniform, affinity: affinity)
        }
    }

    /// An address for a request that failed at others.
    /// - Parameter unfit: Whether one will do that is left out at present: nothing is lost by a refused connection.
    func another(than tried: [UpstreamEndpoint], unfit: Bool, affinity: UInt64?) -> UpstreamEndpoint? {
        table.withLock { $0.another(than: tried, unfit: unfit, affinity: affinity) }
    }

    private func renew(_ view: inout LoopView.State, now: UInt64) {
        review(now: now)
        view.generation = generation.load(ordering: .acquiring)
        let (choices, isAlone) = table.withLock { ($0.choices(now: now), $0.members.count == 1) }
        view.choices = choices
        let isFixed = isAlone && resolution.withLock { $0.isLiteral }
        view.reviewAt = isFixed ? .max : now + Self.reviewInterval
    }

    /// Requests in flight, all addresses together.
    var inFlight: Int { table.withLock { $0.members.reduce(0) { $0 + $1.endpoint.inFlight } } }

    // MARK: - What is learnt

    /// A try ended well after others had failed.
    func succeeded(_ endpoint: UpstreamEndpoint) {
        endpoint.note(failed: false)
        table.withLock { $0.succeeded(endpoint) }
    }

    /// A try failed.
    ///
    /// - Parameter wasSeen: Whether the upstream may have had the request: a refused connection says nothing about how
    ///   it answers, so the breaker does not count it.
    func failed(_ endpoint: UpstreamEndpoint?, _ cause: OutlierRecord.Cause, wasSeen: Bool, now: UInt64) {
        if let endpoint {
            endpoint.note(failed: true)
            change { table in table.failed(endpoint, cause, now: now).map { [$0] } ?? [] }
        }
        if cause == .connection { lookAgain(now: now) }
        guard wasSeen else { return }
        let tries = self.tries
        let hasOpened = breaker.withLock { $0.failed(now: now, tries: tries) }
        if hasOpened { breakerOpened() }
    }

    /// Ends what has run out, and asks addresses that have become silent.
    func review(now: UInt64) {
        var suspects: [UpstreamEndpoint] = []
        change { table in
            let (events, found) = table.review(now: now)
            suspects = found
            return events
        }
        for suspect in suspects { probe(suspect) }
        resolveIfDue(now: now)
    }

    /// Changes the table; loops see it with their next request.
    func change(_ body: (inout EndpointTable) -> [EndpointTable.Event]) {
        let events = table.withLock { body(&$0) }
        guard !events.isEmpty else { return }
        generation.wrappingAdd(1, ordering: .releasing)
        for event in events { note(event) }
    }

    /// All addresses with what is known about them.
    var members: [EndpointTable.Member] { table.withLock { $0.members } }

    var isPanicking: Bool { table.withLock { $0.isPanicking } }

    // MARK: - Beginning

    private func adopt(_ previous: Upstream) {
        otherTries.store(previous.otherTries.load(ordering: .relaxed), ordering: .relaxed)
        retries.store(previous.retries.load(ordering: .relaxed), ordering: .relaxed)
        let known = previous.resolution.withLock { $0 }
        resolution.withLock { $0.adopt(known) }
    }

    /// Addresses that are written as such need no look-up.
    private func placeLiterals(now: UInt64) {
        let places = resolution.withLock { schedule in
            for name in schedule.names { if let address = name.literalAddress { schedule.found([address], for: name) } }
            return schedule.places(configuration.endpoints)
        }
        _ = table.withLock { $0.place(places, now: now) }
    }

    private static func table(_ configuration: UpstreamConfiguration, inheriting previous: Upstream?) -> EndpointTable {
        guard let previous else { return EndpointTable(configuration) }
        return previous.table.withLock { EndpointTable(configuration, inheriting: $0) }
    }

    private static func breaker(_ configuration: BreakerConfiguration, inheriting previous: Upstream?) -> CircuitBreaker
    {
        guard let previous else { return CircuitBreaker(configuration) }
        return previous.breaker.withLock { CircuitBreaker(configuration, inheriting: $0) }
    }

    private static func budget(
        _ configuration: RetryConfiguration, inheriting previous: Upstream?, now: UInt64
    ) -> RetryBudget {
        // The rules may be others now, so that what was saved up is not worth the same.
        if let previous, previous.configuration.retries == configuration { return previous.budget.withLock { $0 } }
        return RetryBudget(
            percent: configuration.budgetPercent, minimumPerSecond: configuration.minimumPerSecond, now: now)
    }
}

extension EndpointConfiguration {
    var endpoint: Endpoint { Endpoint(host: host, port: port) }
}
