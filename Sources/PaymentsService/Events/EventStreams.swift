import Chassis
import Synchronization

/// Who follows the events of which user, and how many may.
final class EventStreams: Sendable {
    private struct State {
        var places: [String: [EventStreamPlace]] = [:]
        var count = 0
        /// Up to which event the followers were woken; `nil` while there are none.
        var position: Int64?
    }

    private let state = Mutex(State())
    private let limits: EventStreamLimits

    init(_ limits: EventStreamLimits) { self.limits = limits }

    /// How many streams are open.
    var count: Int { state.withLock { $0.count } }

    /// Up to which event followers were woken; `nil` when there is nobody to wake.
    var position: Int64? { state.withLock { $0.position } }

    /// Takes a place for a stream of `caller`, a user.
    ///
    /// - Returns: `nil` when the user, or all of them, have as many as they may.
    func place(for caller: CallerIdentity, user: String, at now: Int64) -> EventStreamLease? {
        let place = EventStreamPlace(user: user, caller: caller, endsAt: now + limits.lifetimeMilliseconds)
        let isFree = state.withLock { state in
            guard state.count < limits.total, state.places[user, default: []].count < limits.perUser else {
                return false
            }
            state.count += 1
            state.places[user, default: []].append(place)
            return true
        }
        return isFree ? EventStreamLease(place: place) { [weak self] in self?.remove(place) } : nil
    }

    /// Followers have been there since `position` at the latest: what follows it wakes them.
    func begin(at position: Int64) {
        state.withLock { state in
            if state.position == nil, state.count > 0 { state.position = position }
        }
    }

    /// Wakes those whom the events up to `position` concern.
    func wake(_ users: Set<String>, upTo position: Int64) {
        let woken = state.withLock { state -> [EventStreamPlace] in
            guard let before = state.position else { return [] }
            state.position = max(before, position)
            guard state.places.count > users.count else {
                return state.places.filter { users.contains($0.key) }.flatMap(\.value)
            }
            return users.flatMap { state.places[$0] ?? [] }
        }
        for place in woken { place.wake() }
    }

    /// Ends the streams that `isOver` says so of.
    func end(where isOver: (EventStreamPlace) -> Bool) {
        let all = state.withLock { $0.places.values.flatMap { $0 } }
        for place in all where isOver(place) { place.end() }
    }

    private func remove(_ place: EventStreamPlace) {
        state.withLock { state in
            guard let index = state.places[place.user]?.firstIndex(where: { $0 === place }) else { return }
            state.places[place.user]?.remove(at: index)
            if state.places[place.user]?.isEmpty == true { state.places[place.user] = nil }
            state.count -= 1
            if state.count == 0 { state.position = nil }
        }
    }
}

/// How many streams there may be, and for how long.
struct EventStreamLimits: Sendable, Hashable {
    var perUser = 5
    var total = 1_000
    /// A client comes back with a fresh token then: a stream must not outlive by much what it was opened with.
    var lifetimeMilliseconds: Int64 = 600_000
}
