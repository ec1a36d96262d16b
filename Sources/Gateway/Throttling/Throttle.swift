import Chassis
import HTTP
import Sockets
import Synchronization

/// A number of places, shared by all loops: who finds none waits in an ``AdmissionQueue`` or is sent away.
///
/// While there are places, taking one is one atomic addition and leaving it another one; the lock and the queue are
/// touched only when all are taken.
final class Throttle: Sendable {
    /// What is limited: the word and the name of its metrics.
    let subject: Subject
    private let limit: Atomic<Int>
    /// How many are inside, and whether anybody waits: one word, so that no one can leave between another one's look
    /// and his lying down.
    private let places = Atomic<Int>(0)
    private let state: Mutex<State>
    private let shed: [CounterMetric]
    private let clock: @Sendable () -> UInt64

    /// A route or an upstream.
    struct Subject: Sendable, Hashable {
        enum Kind: String, Sendable {
            case route
            case upstream
        }

        var kind: Kind
        var name: String
    }

    private typealias Sleeper = CheckedContinuation<Bool, Never>

    private struct State {
        var queue: AdmissionQueue
        var sleepers: [AdmissionQueue.Ticket: (sleeper: Sleeper, priority: Priority)] = [:]
    }

    private struct Woken {
        let sleeper: Sleeper
        let isAdmitted: Bool
    }

    /// Somebody waits: no newcomer may pass.
    private static let queued = 1 << 48

    /// - Parameter clock: Milliseconds of the loops' clock.
    init(
        _ subject: Subject, _ configuration: ThrottleConfiguration, metrics: GatewayMetrics,
        clock: @escaping @Sendable () -> UInt64 = { CoarseClock.milliseconds() }
    ) {
        self.subject = subject
        self.clock = clock
        limit = Atomic(configuration.inFlight)
        state = Mutex(State(queue: AdmissionQueue(capacity: configuration.queue, time: configuration.queueTime)))
        shed = Priority.allCases.map { metrics.shed(subject, $0) }
    }

    /// Another configuration has come; those inside and those waiting stay.
    func resize(_ configuration: ThrottleConfiguration) {
        limit.store(configuration.inFlight, ordering: .relaxed)
        state.withLock { $0.queue.resize(capacity: configuration.queue, time: configuration.queueTime) }
        wakeNext()
    }

    /// How many are inside now.
    var inFlight: Int { places.load(ordering: .relaxed) & (Self.queued - 1) }

    /// How many wait now.
    var waiting: Int { state.withLock { $0.queue.count } }

    // MARK: - Places

    /// Takes a place, if need be after waiting for one.
    ///
    /// - Returns: Whether there was one; each has to be given back by ``leave()``.
    @inline(__always)
    nonisolated(nonsending) func enter(_ priority: Priority, loop: EventLoop) async -> Bool {
        if tryEnter() { return true }
        return await wait(priority, loop: loop)
    }

    /// Takes a place if one is free and nobody waits.
    @inline(__always)
    func tryEnter() -> Bool {
        guard places.load(ordering: .relaxed) < limit.load(ordering: .relaxed) else { return false }
        let now = places.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        if now <= limit.load(ordering: .relaxed) { return true }
        leave()
        return false
    }

    /// Gives a place back.
    @inline(__always)
    func leave() {
        let left = places.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
        if left & Self.queued != 0 { wakeNext() }
    }

    // MARK: - Waiting

    private func wait(_ priority: Priority, loop: EventLoop) async -> Bool {
        let stay = QueueStay()
        var timer: TimerToken?
        let isAdmitted = await withTaskCancellationHandler {
            await withCheckedContinuation { sleeper in
                let (outcome, woken) = lieDown(priority, sleeper)
                if case .wait(let ticket, let until, _) = outcome {
                    timer = loop.schedule(at: until) { [self] in giveUp(ticket) }
                    if stay.began(ticket) { giveUp(ticket, isShed: false) }
                }
                for one in woken { one.sleeper.resume(returning: one.isAdmitted) }
            }
        } onCancel: {
            if let ticket = stay.cancel() { giveUp(ticket, isShed: false) }
        }
        if let timer { loop.cancel(timer) }
        return isAdmitted
    }

    private func lieDown(
        _ priority: Priority, _ sleeper: Sleeper
    ) -> (outcome: AdmissionQueue.Admission, woken: [Woken]) {
        state.withLock { state in
            // From here on whoever leaves comes for the lock.
            places.bitwiseOr(Self.queued, ordering: .sequentiallyConsistent)
            let now = clock()
            let outcome = state.queue.enter(priority, now: now)
            var woken: [Woken] = []
            switch outcome {
            case .wait(let ticket, _, let evicted):
                state.sleepers[ticket] = (sleeper, priority)
                if let evicted { send(evicted, away: &state, &woken) }
            case .full:
                shed[priority.rawValue].increment()
                woken.append(Woken(sleeper: sleeper, isAdmitted: false))
            }
            // Somebody may have left just before.
            admit(&state, now: now, &woken)
            return (outcome, woken)
        }
    }

    /// The time of one who waits is over, or nobody waits for him any longer.
    private func giveUp(_ ticket: AdmissionQueue.Ticket, isShed: Bool = true) {
        wake { state, now, woken in
            if state.queue.leave(ticket, now: now) { send(ticket, away: &state, &woken, isShed: isShed) }
        }
    }

    private func wakeNext() { wake { _, _, _ in } }

    /// Does something, gives free places to those who wait, and wakes whom that concerns outside the lock.
    private func wake(_ first: (inout State, _ now: UInt64, inout [Woken]) -> Void) {
        let woken = state.withLock { state in
            var woken: [Woken] = []
            let now = clock()
            first(&state, now, &woken)
            admit(&state, now: now, &woken)
            return woken
        }
        for one in woken { one.sleeper.resume(returning: one.isAdmitted) }
    }

    /// Gives free places to those who wait.
    private func admit(_ state: inout State, now: UInt64, _ woken: inout [Woken]) {
        while state.queue.count > 0, claim() {
            let (ticket, expired) = state.queue.turn(now: now)
            for one in expired { send(one, away: &state, &woken) }
            guard let ticket, let (sleeper, _) = state.sleepers.removeValue(forKey: ticket) else {
                places.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                continue
            }
            woken.append(Woken(sleeper: sleeper, isAdmitted: true))
        }
        if state.queue.count == 0 { places.bitwiseAnd(~Self.queued, ordering: .sequentiallyConsistent) }
    }

    /// Takes a free place for one who waits.
    private func claim() -> Bool {
        let limit = limit.load(ordering: .relaxed)
        var seen = places.load(ordering: .sequentiallyConsistent)
        while seen & (Self.queued - 1) < limit {
            let (exchanged, original) = places.compareExchange(
                expected: seen, desired: seen + 1, ordering: .sequentiallyConsistent)
            if exchanged { return true }
            seen = original
        }
        return false
    }

    private func send(
        _ ticket: AdmissionQueue.Ticket, away state: inout State, _ woken: inout [Woken], isShed: Bool = true
    ) {
        guard let (sleeper, priority) = state.sleepers.removeValue(forKey: ticket) else { return }
        if isShed { shed[priority.rawValue].increment() }
        woken.append(Woken(sleeper: sleeper, isAdmitted: false))
    }
}

/// One wait whose task may be cancelled before or after it has a ticket.
private final class QueueStay: Sendable {
    private struct State {
        var ticket: AdmissionQueue.Ticket?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Returns whether the task was cancelled before.
    func began(_ ticket: AdmissionQueue.Ticket) -> Bool {
        state.withLock { state in
            state.ticket = ticket
            return state.isCancelled
        }
    }

    /// Returns the ticket to give up.
    func cancel() -> AdmissionQueue.Ticket? {
        state.withLock { state in
            state.isCancelled = true
            return state.ticket
        }
    }
}
