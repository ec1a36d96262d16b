/// A login and everything refreshed from it: one family of refresh tokens, of which only the newest is good.
///
/// A value without I/O: the store loads it, asks it, and writes down what it became.
struct Session: Sendable, Equatable {
    /// Why a session was ended before its time.
    enum Revocation: String, Sendable, CaseIterable {
        case logout
        /// A refresh token was used that had been replaced: two parties hold the family, and one of them stole it.
        case reuse
        /// The user chose another password; the session in which they did goes on.
        case passwordChanged = "password_changed"
        /// The user chose another password by mail, because the one before was lost or known to somebody.
        case passwordReset = "password_reset"
        /// By its owner, from another session.
        case user
        /// By somebody of the staff.
        case admin
        /// The user was locked.
        case lock
        /// The user's roles were changed: tokens say the old ones.
        case roles
        /// The second factor was changed.
        case factor
        /// The user was erased.
        case erasure
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
    /// When it began, ms since 1970.
    let createdAt: Int64
    /// When the user last proved who he is in this session, ms since 1970.
    private(set) var authenticatedAt: Int64
    /// How he did.
    private(set) var context: AuthenticationContext
    /// The generation of the newest refresh token: 0 at login, one more with each rotation.
    private(set) var generation: Int64 = 0
    /// When the newest refresh token was issued, ms since 1970.
    private(set) var refreshedAt: Int64
    /// Who used it last, at login or refresh.
    private(set) var client: SessionClient
    private(set) var revocation: Revocation?

    /// A session that begins at `now` with the proof of who the user is.
    init(
        id: String, userID: String, now: Int64, context: AuthenticationContext = .password,
        client: SessionClient = .unknown
    ) {
        self.init(
            id: id, userID: userID, createdAt: now, authenticatedAt: now, context: context, generation: 0,
            refreshedAt: now, client: client, revocation: nil)
    }

    /// A session as it was stored.
    init(
        id: String, userID: String, createdAt: Int64, authenticatedAt: Int64, context: AuthenticationContext,
        generation: Int64, refreshedAt: Int64, client: SessionClient, revocation: Revocation?
    ) {
        self.id = id
        self.userID = userID
        self.createdAt = createdAt
        self.authenticatedAt = authenticatedAt
        self.context = context
        self.generation = generation
        self.refreshedAt = refreshedAt
        self.client = client
        self.revocation = revocation
    }

    /// When the session is over at the latest, ms since 1970. A new proof of who the user is does not put that off.
    func end(under policy: SessionPolicy) -> Int64 { createdAt + policy.absolute }

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
    mutating func rotate(now: Int64, client: SessionClient = .unknown) {
        generation += 1
        refreshedAt = max(refreshedAt, now)
        self.client = client
    }

    /// The user proved again who he is.
    mutating func reauthenticate(now: Int64, context: AuthenticationContext) {
        authenticatedAt = max(authenticatedAt, now)
        self.context = context
    }

    /// Whether the user proved who he is within the last `age` milliseconds.
    func isFresh(within age: Int64, now: Int64) -> Bool { now - authenticatedAt <= age }

    /// Ends the session. The first reason stays.
    mutating func revoke(_ reason: Revocation) {
        revocation = revocation ?? reason
    }
}
