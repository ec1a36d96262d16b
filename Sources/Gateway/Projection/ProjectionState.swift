import Chassis

/// What is known of keys, of ended sessions and of users who were locked or given other roles, and how far the feed was followed: a pure value.
///
/// Wall-clock times are milliseconds since 1970.
struct ProjectionState: Sendable {
    /// What a change touched: who remembers something of it has to ask again.
    struct Changes: OptionSet, Sendable {
        let rawValue: Int
        static let keys = Changes(rawValue: 1)
        /// Ended sessions, locks and roles: whatever makes tokens void.
        static let sessions = Changes(rawValue: 2)
        /// User-service's key set is to be fetched.
        static let keySet = Changes(rawValue: 4)
    }

    /// How long an ended session, a lock and a change of roles are remembered: the access token from before is good for ten minutes, and five are the largest
    /// difference between clocks that can be configured.
    static let memoryOfSessions: Int64 = 960_000

    private(set) var keys: KeyTable
    private var ended: [String: Int64] = [:]
    private var locked: [String: Int64] = [:]
    private var roles: [String: (names: Set<String>, until: Int64)] = [:]
    /// Where the feed goes on; `nil` while there is no snapshot.
    private(set) var position: Int64?
    /// The position of the snapshot: what the feed says about keys up to here is older than what is held.
    private var keysReadAt: Int64 = 0

    /// Up to where locks and roles were followed: a replay of what came before would, for a moment, bring back what was.
    private var followed: Int64 = 0

    init(capacity: Int) { keys = KeyTable(capacity: capacity) }

    /// What a projection of another configuration begins with. Ended sessions stay ended, and locks and roles count,
    /// whoever said so.
    ///
    /// - Parameter ofSameSource: Whether keys and positions are worth something there.
    func successor(capacity: Int, ofSameSource: Bool) -> ProjectionState {
        var successor = self
        successor.keys = ofSameSource ? keys.resized(to: capacity) : KeyTable(capacity: capacity)
        if !ofSameSource { (successor.position, successor.keysReadAt, successor.followed) = (nil, 0, 0) }
        return successor
    }

    var endedSessions: Int { ended.count }

    /// Users whose tokens are looked at more closely: those who were locked or whose roles changed lately.
    var changedUsers: Int { locked.count + roles.count }

    func hasEnded(_ session: String) -> Bool { ended[session] != nil }

    func isLocked(_ user: String) -> Bool { locked[user] != nil }

    /// The roles of a user whose roles changed lately; nil for everybody else.
    func roles(of user: String) -> Set<String>? { roles[user]?.names }

    /// Begins anew with a snapshot, all pages of it put together. Sessions that are known to have ended stay so.
    mutating func load(_ snapshot: SnapshotPage) {
        keys.replaceAll(snapshot.keys, at: snapshot.sequence)
        (position, keysReadAt) = (snapshot.replayAfter, snapshot.sequence)
        followed = min(followed, snapshot.sequence)
    }

    /// Follows the feed. An event that comes twice changes nothing the second time.
    mutating func apply(_ page: FeedPage, now: Int64) -> Changes {
        var changes: Changes = []
        for event in page.events where event.sequence > position ?? 0 {
            changes.formUnion(apply(event, now: now))
            position = event.sequence
            followed = max(followed, event.sequence)
        }
        position = max(position ?? 0, page.next)
        return changes
    }

    /// A session has ended: the gateway itself relayed the logout.
    mutating func end(_ session: String, now: Int64) -> Changes {
        ended.updateValue(now + Self.memoryOfSessions, forKey: session) == nil ? .sessions : []
    }

    /// A user is gone: the gateway itself relayed it. No token and no key of theirs is good any more.
    mutating func end(user: String, now: Int64) -> Changes {
        var changes: Changes = locked.updateValue(now + Self.memoryOfSessions, forKey: user) == nil ? .sessions : []
        if keys.removeAll(of: user, at: position ?? 0) { changes.insert(.keys) }
        return changes
    }

    /// The feed cannot be followed from here: a snapshot is needed.
    mutating func lose() { (position, followed) = (nil, 0) }

    /// Takes a look-up's answer; see ``KeyTable/insert(_:readAt:)``.
    mutating func insert(_ record: KeyRecord, readAt position: Int64) -> (key: HeldKey, isChange: Bool)? {
        keys.insert(record, readAt: position)
    }

    /// Forgets what the last tokens from before have expired of. A locked user's keys are not forgotten about: they are
    /// not held, and user-service gives them to nobody.
    mutating func forget(now: Int64) {
        if ended.contains(where: { $0.value <= now }) { ended = ended.filter { $0.value > now } }
        if locked.contains(where: { $0.value <= now }) { locked = locked.filter { $0.value > now } }
        if roles.contains(where: { $0.value.until <= now }) { roles = roles.filter { $0.value.until > now } }
    }

    private mutating func apply(_ event: FeedEvent, now: Int64) -> Changes {
        switch event.change {
        case .key(let record):
            guard event.sequence > keysReadAt else { return [] }
            return keys.apply(record, at: event.sequence) ? .keys : []
        case .keyEnded(let id):
            guard event.sequence > keysReadAt else { return [] }
            return keys.remove(id, at: event.sequence) ? .keys : []
        case .sessionEnded(let id):
            return end(id, now: now)
        case .userLocked, .userUnlocked, .rolesChanged:
            return event.sequence > followed ? apply(event.change, at: event.sequence, now: now) : []
        case .keySet:
            return .keySet
        case .other:
            return []
        }
    }

    private mutating func apply(_ change: FeedEvent.Change, at sequence: Int64, now: Int64) -> Changes {
        switch change {
        case .userLocked(let user):
            let isNews = locked.updateValue(now + Self.memoryOfSessions, forKey: user) == nil
            guard sequence > keysReadAt, keys.removeAll(of: user, at: sequence) else {
                return isNews ? .sessions : []
            }
            return [.sessions, .keys]
        case .userUnlocked(let user):
            return locked.removeValue(forKey: user) == nil ? [] : .sessions
        case .rolesChanged(let user, let names):
            let old = roles.updateValue((names, now + Self.memoryOfSessions), forKey: user)
            return old?.names == names ? [] : .sessions
        default:
            return []
        }
    }
}
