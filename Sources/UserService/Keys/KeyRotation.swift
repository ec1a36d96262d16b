/// Which key signs, which are published, and what comes next: a pure state machine over a clock of its caller's.
///
/// One key signs. One more is published already and takes over when a rotation is due: by then every gateway has fetched
/// it. A key that signs no longer stays published until the longest token of its has expired. Only a withdrawal takes a key
/// out at once, with all tokens that it signed. Times are milliseconds since 1970.
struct KeyRotation: Sendable, Equatable {
    /// How long the states last, milliseconds.
    struct Policy: Sendable, Equatable {
        /// The least time for which a key is published before it signs: longer than any gateway keeps a key set.
        var publishAhead: Int64 = 900_000
        /// For how long a key stays published after its last signature: the longest token, and the largest difference of
        /// clocks that a gateway may be set to allow.
        var overlap: Int64 = 1_200_000
        /// After which time a key is replaced; nil for never by itself.
        var period: Int64? = 30 * 86_400_000
    }

    enum State: String, Sendable, CaseIterable {
        /// In the key set, and next to sign.
        case published
        /// It signs.
        case active
        /// In the key set for the sake of the tokens that it signed.
        case retiring
        /// No longer in the key set.
        case retired
    }

    struct Key: Sendable, Equatable {
        let id: String
        var state = State.published
        let publishedAt: Int64
        /// When its turn was asked for, while it waits for that.
        var requestedAt: Int64?
        var activatedAt: Int64?
        var retiringAt: Int64?
        var retiredAt: Int64?
        /// Whether it was taken out because somebody else may have it.
        var isWithdrawn = false
    }

    let policy: Policy
    /// In the order in which they were published.
    private(set) var keys: [Key]

    init(policy: Policy, keys: [Key] = []) {
        self.policy = policy
        self.keys = keys
    }

    /// The key that signs; nil only before the first ``advance(now:servedSince:make:)``.
    var active: Key? { keys.first { $0.state == .active } }

    /// The one that signs next.
    var next: Key? { keys.first { $0.state == .published } }

    /// Does what is due.
    ///
    /// - Parameters:
    ///   - servedSince: Since when this process has answered questions for the key set: what was stored as published
    ///     before that may not have been seen by anybody.
    ///   - make: Makes a key and gives its id.
    mutating func advance(now: Int64, servedSince: Int64, make: () -> String) {
        for index in keys.indices where keys[index].state == .retiring {
            if let since = keys[index].retiringAt, since + policy.overlap <= now { retire(index, now) }
        }
        // At the very beginning, and after a withdrawal: somebody has to sign.
        if active == nil { activate(now, make) }
        if let period = policy.period, let since = active?.activatedAt, since + period <= now { _ = request(now: now) }
        if let next, let requested = next.requestedAt,
            max(requested, signsEarliest(next, servedSince: servedSince)) <= now
        {
            activate(now, make)
        }
        if next == nil { keys.append(Key(id: make(), publishedAt: now)) }
    }

    /// Asks for a rotation; it happens as soon as the next key has been published for long enough. Asked again before
    /// that, it is the same rotation.
    /// - Returns: The key that will sign; nil when there is none yet.
    mutating func request(now: Int64) -> Key? {
        guard let index = keys.firstIndex(where: { $0.state == .published }) else { return nil }
        keys[index].requestedAt = keys[index].requestedAt ?? now
        return keys[index]
    }

    /// Takes a key out at once, because somebody else may have it. What it signed is void. If it was the one that signs,
    /// the next one does from now on, though it may be new to some gateways.
    /// - Returns: Whether it was in the key set.
    mutating func withdraw(_ id: String, now: Int64) -> Bool {
        guard let index = keys.firstIndex(where: { $0.id == id && $0.state != .retired }) else { return false }
        keys[index].isWithdrawn = true
        retire(index, now)
        return true
    }

    /// When a published key may sign at the earliest.
    func signsEarliest(_ key: Key, servedSince: Int64 = .min) -> Int64 {
        max(key.publishedAt, servedSince) + policy.publishAhead
    }

    /// Takes a key over from before there was a rotation: the newest signs.
    mutating func adopt(_ ids: [String], now: Int64) {
        for id in ids {
            if let index = keys.firstIndex(where: { $0.state == .active }) { demote(index, now) }
            keys.append(Key(id: id, state: .active, publishedAt: now, activatedAt: now))
        }
    }

    private mutating func activate(_ now: Int64, _ make: () -> String) {
        if let index = keys.firstIndex(where: { $0.state == .active }) { demote(index, now) }
        if let index = keys.firstIndex(where: { $0.state == .published }) {
            keys[index].state = .active
            keys[index].requestedAt = nil
            keys[index].activatedAt = now
        } else {
            keys.append(Key(id: make(), state: .active, publishedAt: now, activatedAt: now))
        }
    }

    private mutating func demote(_ index: Int, _ now: Int64) {
        keys[index].state = .retiring
        keys[index].retiringAt = now
    }

    private mutating func retire(_ index: Int, _ now: Int64) {
        keys[index].state = .retired
        keys[index].requestedAt = nil
        keys[index].retiredAt = now
    }
}
