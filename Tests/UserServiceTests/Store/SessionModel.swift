@testable import UserService

/// What sessions ought to do, as simply as it can be said: lists of tokens, and rules. The store is held against it.
struct SessionModel {
    struct One {
        let id: String
        let user: String
        let begun: Int64
        /// Newest last.
        var tokens: [RefreshToken]
        var refreshed: Int64
        var ended: Session.Revocation?
        var isRemoved = false
    }

    enum Outcome: Equatable {
        /// With a token that nobody has seen yet.
        case rotated
        /// With the newest token.
        case repeated
        case reused
        case refused
    }

    let policy: SessionPolicy
    private(set) var all: [One] = []

    mutating func begin(_ id: String, of user: String, _ token: RefreshToken, now: Int64) {
        all.append(One(id: id, user: user, begun: now, tokens: [token], refreshed: now))
    }

    func isLive(_ index: Int, now: Int64) -> Bool {
        let one = all[index]
        return !one.isRemoved && one.ended == nil && now < one.begun + policy.absolute
            && now < one.refreshed + policy.idle
    }

    /// The live sessions of a user, newest first.
    func live(of user: String, now: Int64) -> [String] {
        all.indices.filter { all[$0].user == user && isLive($0, now: now) }.map { all[$0].id }.reversed()
    }

    /// What a refresh with one of a session's tokens does.
    mutating func refresh(_ index: Int, token: Int, now: Int64) -> Outcome {
        guard isLive(index, now: now) else { return .refused }
        let newest = all[index].tokens.count - 1
        if token == newest { return .rotated }
        if token == newest - 1, now < all[index].refreshed + policy.grace { return .repeated }
        all[index].ended = .reuse
        return .reused
    }

    /// The token that a rotation gave.
    mutating func add(_ token: RefreshToken, to index: Int, now: Int64) {
        all[index].tokens.append(token)
        all[index].refreshed = now
    }

    /// Ends a live session.
    /// - Returns: Whether it was one.
    mutating func end(_ index: Int, _ reason: Session.Revocation, now: Int64) -> Bool {
        guard isLive(index, now: now) else { return false }
        all[index].ended = reason
        return true
    }

    /// Ends all sessions of a user but one, those that have run out too.
    mutating func endAll(of user: String, but kept: String?, _ reason: Session.Revocation) {
        for index in all.indices where all[index].user == user && all[index].id != kept && !all[index].isRemoved {
            all[index].ended = all[index].ended ?? reason
        }
    }

    /// Forgets what nobody refreshed for the idle time.
    mutating func sweep(now: Int64) {
        for index in all.indices where all[index].refreshed < now - policy.idle { all[index].isRemoved = true }
    }
}
