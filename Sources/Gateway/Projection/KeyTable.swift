/// The API keys that are held, by id and by the hash of either secret: a pure value, bounded.
///
/// Two sources write to it, the feed and look-ups, and their answers can overtake each other: a look-up that read a key
/// just before it was revoked may come back after the revocation. Each says at which position of the feed it was read, and
/// the older one gives way.
struct KeyTable: Sendable {
    private var capacity: Int
    private var byID: [String: HeldKey] = [:]
    private var byHash: [[UInt8]: HeldKey] = [:]
    /// The positions of the latest changes, for keys that changed after `floor`.
    private var changes: [String: Int64] = [:]
    private var floor: Int64 = 0

    private static let maximumChanges = 4_096

    init(capacity: Int) { self.capacity = capacity }

    /// The same keys, as many of them as there is room for.
    func resized(to capacity: Int) -> KeyTable {
        var table = self
        table.capacity = capacity
        while table.count > capacity, let victim = table.byID.first?.key { _ = table.drop(victim) }
        return table
    }

    var count: Int { byID.count }

    var all: [HeldKey] { Array(byID.values) }

    /// The key one of whose secrets has this hash, expired or not.
    func find(_ hash: [UInt8]) -> HeldKey? { byHash[hash] }

    /// Takes all keys of a snapshot that was read at `position`. What is known about uses stays.
    mutating func replaceAll(_ records: [KeyRecord], at position: Int64) {
        let old = byID
        (byID, byHash, changes, floor) = ([:], [:], [:], position)
        for record in records.prefix(capacity) {
            if let known = old[record.id], known.record == record {
                hold(known)
            } else {
                hold(HeldKey(record, use: old[record.id]?.use ?? KeyUse()))
            }
        }
    }

    /// Takes the feed's word.
    /// - Returns: Whether something that was held before is no longer right.
    mutating func apply(_ record: KeyRecord, at position: Int64) -> Bool {
        note(record.id, position)
        return put(record).isChange
    }

    /// Takes the feed's word that a key has ended.
    mutating func remove(_ id: String, at position: Int64) -> Bool {
        note(id, position)
        return drop(id) != nil
    }

    /// Takes the feed's word that no key of a user is good.
    mutating func removeAll(of user: String, at position: Int64) -> Bool {
        // Users and keys have ids of different forms: one table remembers both.
        note(user, position)
        let ids = byID.values.filter { $0.record.user == user }.map(\.record.id)
        for id in ids { _ = drop(id) }
        return !ids.isEmpty
    }

    /// Takes a look-up's answer that was read at `position`.
    /// - Returns: The key that is held now, and whether something held before is no longer right; `nil` when the feed has
    ///   told of a change since, so that the answer says nothing.
    mutating func insert(_ record: KeyRecord, readAt position: Int64) -> (key: HeldKey, isChange: Bool)? {
        guard position >= changes[record.id] ?? floor, position >= changes[record.user] ?? floor else { return nil }
        return put(record)
    }

    // MARK: - Parts

    private mutating func put(_ record: KeyRecord) -> (key: HeldKey, isChange: Bool) {
        if let known = byID[record.id], known.record == record { return (known, false) }
        let old = drop(record.id)
        // Anyone may give way: who is not held is asked for.
        if byID.count >= capacity, let victim = byID.first?.key { _ = drop(victim) }
        let key = HeldKey(record, use: old?.use ?? KeyUse())
        hold(key)
        return (key, old != nil)
    }

    private mutating func hold(_ key: HeldKey) {
        byID[key.record.id] = key
        byHash[key.record.hash] = key
        if let previous = key.record.previous { byHash[previous.hash] = key }
    }

    private mutating func drop(_ id: String) -> HeldKey? {
        guard let key = byID.removeValue(forKey: id) else { return nil }
        byHash[key.record.hash] = nil
        if let previous = key.record.previous { byHash[previous.hash] = nil }
        return key
    }

    private mutating func note(_ id: String, _ position: Int64) {
        if changes.count >= Self.maximumChanges {
            // Every answer read before now counts as old then: too strict for a moment, never too lax.
            floor = changes.values.max() ?? floor
            changes = [:]
        }
        changes[id] = position
    }
}
