/// What is known of keys and ended sessions, and how far the feed was followed: a pure value.
///
/// Wall-clock times are milliseconds since 1970.
struct ProjectionState: Sendable {
    /// What a change touched: who remembers something of it has to ask again.
    struct Changes: OptionSet, Sendable {
        let rawValue: Int
        static let keys = Changes(rawValue: 1)
        static let sessions = Changes(rawValue: 2)
    }

    /// How long an ended session is remembered: its last access token is good for ten minutes, and five are the largest
    /// difference between clocks that can be configured.
    static let memoryOfSessions: Int64 = 960_000

    private(set) var keys: KeyTable
    private var ended: [String: Int64] = [:]
    /// Where the feed goes on; `nil` while there is no snapshot.
    private(set) var position: Int64?
    /// The position of the snapshot: what the feed says about keys up to here is older than what is held.
    private var keysReadAt: Int64 = 0

    init(capacity: Int) { keys = KeyTable(capacity: capacity) }

    var endedSessions: Int { ended.count }

    func hasEnded(_ session: String) -> Bool { ended[session] != nil }

    /// Begins anew with a snapshot, all pages of it put together. Sessions that are known to have ended stay so.
    mutating func load(_ snapshot: SnapshotPage) {
        keys.replaceAll(snapshot.keys, at: snapshot.sequence)
        (position, keysReadAt) = (snapshot.replayAfter, snapshot.sequence)
    }

    /// Follows the feed. An event that comes twice changes nothing the second time.
    mutating func apply(_ page: FeedPage, now: Int64) -> Changes {
        var changes: Changes = []
        for event in page.events where event.sequence > position ?? 0 {
            changes.formUnion(apply(event, now: now))
            position = event.sequence
        }
        position = max(position ?? 0, page.next)
        return changes
    }

    /// A session has ended: the gateway itself relayed the logout.
    mutating func end(_ session: String, now: Int64) -> Changes {
        ended.updateValue(now + Self.memoryOfSessions, forKey: session) == nil ? .sessions : []
    }

    /// The feed cannot be followed from here: a snapshot is needed.
    mutating func lose() { position = nil }

    /// Takes a look-up's answer; see ``KeyTable/insert(_:readAt:)``.
    mutating func insert(_ record: KeyRecord, readAt position: Int64) -> (key: HeldKey, isChange: Bool)? {
        keys.insert(record, readAt: position)
    }

    /// Forgets sessions whose tokens have all expired.
    mutating func forget(now: Int64) {
        if ended.contains(where: { $0.value <= now }) { ended = ended.filter { $0.value > now } }
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
        case .other:
            return []
        }
    }
}
