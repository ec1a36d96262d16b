import Chassis
import Storage

extension EventStore {
    /// Locked users in the order of their ids, and the position of the feed at which they were read.
    struct LockSnapshot: Sendable {
        let users: [String]
        let sequence: Int64
        /// See ``Snapshot/replayAfter``.
        let replayAfter: Int64
    }

    /// The locked users after an id, `limit` at most.
    func lockedUsers(after id: String?, limit: Int) async throws -> LockSnapshot {
        let now = clock.now
        return try await database.read { reader in
            let users = try reader.all(
                "SELECT id FROM users WHERE locked_at IS NOT NULL AND id > ? ORDER BY id LIMIT ?", .text(id ?? ""),
                SQLValue(limit)
            ) { try $0.string(0) }
            return LockSnapshot(
                users: users, sequence: try Self.newest(in: reader),
                replayAfter: try Self.replayAfter(now: now, in: reader))
        }
    }
}
