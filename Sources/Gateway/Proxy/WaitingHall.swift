import Sockets
import Synchronization

/// The ``WaitingRoom`` of an upstream with the sleeping tasks in it. Shared by all loops; only touched while the upstream
/// accepts no connections.
final class WaitingHall: Sendable {
    /// One request's stay.
    struct Visit {
        fileprivate var ticket: WaitingRoom.Ticket?
        fileprivate var until: UInt64?
    }

    private struct State {
        var room: WaitingRoom
        var sleepers: [WaitingRoom.Ticket: CheckedContinuation<Void, Never>] = [:]
        /// Those who were woken before they fell asleep.
        var woken: Set<WaitingRoom.Ticket> = []
    }

    private let state: Mutex<State>
    private let isOccupied = Atomic(false)
    private let time: UInt64

    init(_ configuration: WaitingConfiguration) {
        state = Mutex(State(room: WaitingRoom(capacity: configuration.capacity)))
        time = configuration.time
    }

    /// How many wait now.
    var count: Int { state.withLock { $0.room.count } }

    /// A connection was made: everybody may try. Costs one load while nobody waits.
    @inline(__always)
    func opened() {
        guard isOccupied.load(ordering: .relaxed) else { return }
        wakeAll()
    }

    private func wakeAll() {
        let sleepers = state.withLock { state in
            isOccupied.store(false, ordering: .relaxed)
            return state.room.opened().compactMap { Self.wake($0, &state) }
        }
        for sleeper in sleepers { sleeper.resume() }
    }

    /// Waits for the next moment to try to connect.
    ///
    /// - Parameters:
    ///   - visit: The request's stay, new at first.
    ///   - deadline: When the request must be over, in milliseconds of the loop's clock.
    /// - Returns: Whether to try; `false` when the room is full, the time over or the task cancelled.
    func pause(_ visit: inout Visit, deadline: UInt64, loop: EventLoop) async -> Bool {
        let until = visit.until ?? min(deadline, loop.now + time)
        visit.until = until
        guard let (ticket, isScout) = admit(visit.ticket) else { return false }
        visit.ticket = ticket
        if isScout {
            await loop.sleep(for: .milliseconds(WaitingRoom.scoutInterval))
        } else {
            await sleep(ticket, until: until, loop: loop)
        }
        if loop.now < until, !Task.isCancelled { return true }
        leave(visit)
        return false
    }

    /// The visit is over, with or without an answer: if it was the scout, another one takes its place.
    func leave(_ visit: Visit) {
        guard let ticket = visit.ticket else { return }
        let sleeper = state.withLock { state in
            state.woken.remove(ticket)
            let heir = state.room.leave(ticket)
            if state.room.count == 0 { isOccupied.store(false, ordering: .relaxed) }
            return heir.flatMap { Self.wake($0, &state) }
        }
        sleeper?.resume()
    }

    /// A place in the room: the one held before, or a new one; `nil` when there is none.
    private func admit(_ held: WaitingRoom.Ticket?) -> (ticket: WaitingRoom.Ticket, isScout: Bool)? {
        state.withLock { state in
            if let held, state.room.isScout(held) { return (held, true) }
            isOccupied.store(true, ordering: .relaxed)
            switch state.room.enter() {
            case .scout(let ticket): return (ticket, true)
            case .wait(let ticket): return (ticket, false)
            case .full: return nil
            }
        }
    }

    private func sleep(_ ticket: WaitingRoom.Ticket, until: UInt64, loop: EventLoop) async {
        let timer = loop.schedule(at: until) { [self] in stir(ticket) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAwake = state.withLock { state in
                    if state.woken.remove(ticket) != nil { return true }
                    state.sleepers[ticket] = continuation
                    return false
                }
                if isAwake { continuation.resume() }
            }
        } onCancel: {
            stir(ticket)
        }
        loop.cancel(timer)
    }

    /// Wakes one sleeper without a connection: its time is over, or its task is cancelled.
    private func stir(_ ticket: WaitingRoom.Ticket) {
        state.withLock { Self.wake(ticket, &$0) }?.resume()
    }

    private static func wake(
        _ ticket: WaitingRoom.Ticket, _ state: inout State
    ) -> CheckedContinuation<Void, Never>? {
        if let sleeper = state.sleepers.removeValue(forKey: ticket) { return sleeper }
        state.woken.insert(ticket)
        return nil
    }
}
