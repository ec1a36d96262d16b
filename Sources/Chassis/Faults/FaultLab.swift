import HTTP
import Logging
import Sockets
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Makes a service fail on purpose: `FAULT_LAB=on`, and then only what somebody with the admin token asks for, for ten
/// minutes at most (docs/observability/fault-lab.md).
///
/// Without an active fault a request pays one atomic load for it.
public final class FaultLab: Sendable {
    private struct State {
        var table = FaultTable()
        var offer = FaultOffer()
        var random: any RandomNumberGenerator & Sendable
    }

    /// The time of day that the service is to go by.
    let clock: FaultClock
    private let armed = Atomic<UInt16>(0)
    private let state: Mutex<State>
    private let metrics: FaultMetrics
    private let memory = FaultMemory()
    private let logger: Logger
    private let identifiers: any IdentifierGenerator
    private let now: @Sendable () -> UInt64
    private let abortProcess: @Sendable () -> Void

    /// - Parameters:
    ///   - clock: What the service's clock is off from.
    ///   - now: Milliseconds of a clock that never goes back.
    ///   - abort: Ends the process as a crash would.
    init(
        clock: any WallClock, metrics: FaultMetrics, logger: Logger, identifiers: any IdentifierGenerator,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        now: @escaping @Sendable () -> UInt64 = { CoarseClock.milliseconds() },
        abort: @escaping @Sendable () -> Void = { abort() }
    ) {
        self.clock = FaultClock(clock)
        self.metrics = metrics
        self.logger = logger
        self.identifiers = identifiers
        self.now = now
        abortProcess = abort
        state = Mutex(State(random: random))
        logger.warning("The fault lab is on: whoever has the admin token can make this service fail (FAULT_LAB=on)")
    }

    // MARK: - What fits the service

    /// A database whose writes can be held and refused.
    /// - Parameter block: Holds the writer while the fault is active.
    public func offerDatabase(block: @escaping FaultOffer.Carrier) {
        state.withLock {
            $0.offer.kinds.formUnion([.blockedDatabase, .fullQueue])
            $0.offer.carriers[.blockedDatabase] = block
        }
    }

    /// Upstreams that can be slow, and queues in front of them.
    /// - Parameter upstreams: Their names.
    public func offerUpstreams(_ upstreams: @escaping @Sendable () -> [String]) {
        state.withLock {
            $0.offer.kinds.formUnion([.slowDownstream, .fullQueue])
            $0.offer.upstreams = upstreams
            $0.offer.refusesRequests = true
        }
    }

    var offer: FaultOffer { state.withLock { $0.offer } }

    // MARK: - Beginning and ending

    /// Begins a fault.
    /// - Parameter actor: Who wants it, for the log.
    /// - Throws: `Problem` 409 `too_many_faults` or `fault_active`.
    func begin(_ specification: FaultSpecification, by actor: String) throws(Problem) -> ActiveFault {
        sweep()
        let fault = ActiveFault(
            id: identifiers.make("flt"), specification: specification,
            end: now() + UInt64(specification.seconds) * 1_000)
        let carrier = try state.withLock { state throws(Problem) in
            try state.table.add(fault)
            return state.offer.carriers[fault.kind]
        }
        logger.warning(
            "A fault begins",
            metadata: [
                "fault": "\(fault.id)", "kind": "\(fault.kind.rawValue)", "actor": "\(actor)",
                "seconds": "\(specification.seconds)", "route": "\(specification.route ?? "*")",
                "percentage": "\(specification.percentage)",
            ])
        changed()
        carry(fault, carrier)
        return fault
    }

    /// Ends a fault; false when there is none with this id.
    func end(_ id: String, by actor: String) -> Bool {
        sweep()
        guard let fault = state.withLock({ $0.table.remove(id) }) else { return false }
        ended([fault], cause: actor)
        return true
    }

    /// Ends all faults.
    func endAll(by actor: String) { ended(state.withLock { $0.table.removeAll() }, cause: actor) }

    /// Ends those whose time is over.
    func sweep() {
        let now = now()
        ended(state.withLock { $0.table.expire(now: now) }, cause: "time")
    }

    /// The active faults, and the time that their ends are told in.
    var active: (faults: [ActiveFault], now: UInt64) {
        sweep()
        return (state.withLock { $0.table.faults }, now())
    }

    /// MiB that ``FaultKind/memoryGrowth`` holds.
    var heldMebibytes: Int { memory.mebibytes }

    private func ended(_ faults: [ActiveFault], cause: String) {
        guard !faults.isEmpty else { return }
        changed()
        for fault in faults {
            logger.warning(
                "A fault is over",
                metadata: [
                    "fault": "\(fault.id)", "kind": "\(fault.kind.rawValue)", "cause": "\(cause)",
                    "strikes": "\(fault.strikes)",
                ])
        }
    }

    /// Under the lock, so that of two changes the later one is what everybody sees.
    private func changed() {
        state.withLock { state in
            armed.store(state.table.kinds.rawValue, ordering: .relaxed)
            clock.set(offset: state.table.skew)
            for kind in FaultKind.allCases { metrics.show(kind, active: state.table.count(of: kind)) }
        }
    }

    private func carry(_ fault: ActiveFault, _ carrier: FaultOffer.Carrier?) {
        let seconds = fault.specification.seconds
        Task { [weak self] in
            try? await Task.sleep(for: .seconds(seconds) + .milliseconds(1))
            self?.sweep()
        }
        let isActive = { @Sendable [weak self] in self?.isActive(fault.id) ?? false }
        switch fault.specification.effect {
        case .memoryGrowth(let rate, let ceiling):
            metrics.struck(fault.kind)
            Task { [memory] in await memory.hold(rate: rate, ceiling: ceiling, while: isActive) }
        case .blockedDatabase:
            metrics.struck(fault.kind)
            if let carrier { Task { await carrier(isActive) } }
        case .clockSkew: metrics.struck(fault.kind)
        default: break
        }
    }

    private func isActive(_ id: String) -> Bool {
        sweep()
        return state.withLock { $0.table.faults.contains { $0.id == id } }
    }

    // MARK: - Striking

    /// Whether some fault of `kinds` is active: one load, no lock.
    @inline(__always)
    func isArmed(_ kinds: FaultKinds) -> Bool {
        armed.load(ordering: .relaxed) & kinds.rawValue != 0
    }

    /// The faults that strike now, see ``FaultTable/strike(_:route:upstream:now:using:)``, and what the dice say about their
    /// delays: milliseconds in all.
    func strike(_ kinds: FaultKinds, route: String?, upstream: String? = nil) -> (faults: [ActiveFault], delay: Int) {
        let now = now()
        let (struck, delay) = state.withLock { state in
            let struck = state.table.strike(kinds, route: route, upstream: upstream, now: now, using: &state.random)
            return (struck, struck.reduce(0) { $0 + $1.delay(using: &state.random) })
        }
        for fault in struck { metrics.struck(fault.kind) }
        return (struck, delay)
    }

    /// Whether a write is to be refused as if the queue were full.
    public func refusesWrite() -> Bool {
        guard isArmed(.fullQueue) else { return false }
        return !strike(.fullQueue, route: nil).faults.isEmpty
    }

    /// Ends the process as a crash would, once the answer to the running request has had time to leave.
    func crash(_ fault: ActiveFault, on loop: EventLoop?) {
        logger.critical("The fault lab ends the process", metadata: ["fault": "\(fault.id)"])
        guard let loop = loop ?? EventLoop.current else { return abortProcess() }
        loop.schedule(at: loop.now + 100) { [abortProcess] in abortProcess() }
    }
}

extension ActiveFault {
    fileprivate func delay(using random: inout some RandomNumberGenerator) -> Int {
        switch specification.effect {
        case .latency(let delay), .slowDownstream(_, let delay, _): delay.drawn(using: &random)
        default: 0
        }
    }
}
