import Synchronization

/// An API key that the gateway holds. The object is the same for as long as nothing about the key changes.
final class HeldKey: Sendable {
    let record: KeyRecord
    let use: KeyUse

    init(_ record: KeyRecord, use: KeyUse = KeyUse()) {
        self.record = record
        self.use = use
    }
}

/// When a key was last seen here, and up to which use that was reported. Times are milliseconds since 1970.
final class KeyUse: Sendable {
    private let latest = Atomic<Int64>(0)
    private let reported = Atomic<Int64>(0)

    /// Uses that are closer together than this are one: the loops then seldom write to what they share.
    static let resolution: Int64 = 1_000

    init() {}

    /// The key was used.
    func note(_ now: Int64) {
        if now - latest.load(ordering: .relaxed) >= Self.resolution { latest.store(now, ordering: .relaxed) }
    }

    /// The last use when it was not reported yet.
    var unreported: Int64? {
        let latest = latest.load(ordering: .relaxed)
        return latest > reported.load(ordering: .relaxed) ? latest : nil
    }

    /// The use at `time` was reported.
    func report(_ time: Int64) { reported.store(time, ordering: .relaxed) }
}
