/// A login and everything refreshed from it: one family of refresh tokens, of which only the newest is good.
///
/// A value without I/O: the store loads it, asks it, and writes down what it became.
struct Session: Sendable, Equatable {
    /// Why a session was ended before its time.
    enum Revocation: String, Sendable {
        case logout
        /// A refresh token was used that had been replaced: two parties hold the family, and one of them stole it.
        case reuse
        /// The user chose another password; the session in which they did goes on.
        case passwordChanged = "password_changed"
        /// The user chose another password by mail, because the one before was lost or known to somebody.
        case passwordReset = "password_reset"
    }

    /// What to do with a refresh token of this session.
    enum Decision: Equatable {
        /// It is the newest: replace it by one of the next generation.
        case rotate
        /// It was replaced just now and its successor is unused: answer with the same successor.
        case repeatSuccessor
        /// It was replaced earlier: revoke the family and refuse.
        case revoke
        /// The session is over: refuse.
        case refuse
    }

    /// `ses_…`
    let id: String
    let userID: String
    /// When the password was checked, ms since 1970.
    let authenticatedAt: Int64
    /// The generation of the newest refresh token: 0 at login, one more with each rotation.
    private(set) var generation: Int64 = 0
    /// When the newest refresh token was issued, ms since 1970.
    private(set) var refreshedAt: Int64
    private(set) var revocation: Revocation?

    /// A session that begins at `now` with the check of a password.
    init(id: String, userID: String, now: Int64) {
        self.init(id: id, userID: userID, authenticatedAt: now, generation: 0, refreshedAt: now, revocation: nil)
    }

    /// A session as it was stored.
    init(
        id: String, userID: String, authenticatedAt: Int64, generation: Int64, refreshedAt: Int64,
        revocation: Revocation?
    ) {
        self.id = id
        self.userID = userID
        self.authenticatedAt = authenticatedAt
        self.generation = generation
        self.refreshedAt = refreshedAt
        self.revocation = revocation
    }

    /// When the session is over at the latest, ms since 1970.
    func end(under policy: SessionPolicy) -> Int64 { authenticatedAt + policy.absolute }

    /// Whether it was neither revoked nor has ended.
    func isLive(now: Int64, under policy: SessionPolicy) -> Bool {
        revocation == nil && now < end(under: policy) && now < refreshedAt + policy.idle
    }

    /// What to do with the refresh token of `presented` generation. A clock that goes back never shortens a life: times
    /// are only compared, and the grace is counted from the rotation.
    func decide(presented: Int64, now: Int64, under policy: SessionPolicy) -> Decision {
        guard isLive(now: now, under: policy) else { return .refuse }
        if presented == generation { return .rotate }
        // The successor is unused exactly while it is still the newest.
        let isParent = presented == generation - 1
        return isParent && now - refreshedAt < policy.grace ? .repeatSuccessor : .revoke
    }

    /// Replaces the newest refresh token.
    mutating func rotate(now: Int64) {
        generation += 1
        refreshedAt = max(refreshedAt, now)
    }

    /// Ends the session. The first reason stays.
    mutating func revoke(_ reason: Revocation) {
        revocation = revocation ?? reason
    }
}
