import Chassis

import Sockets
import Storage

/// From where users have logged in lately. An address is kept as a keyed hash: the database alone does not tell it.
struct KnownAddressStore: Sendable {
    /// For how long an address stays known after the last login from it, in milliseconds: 90 days.
    static let memory: Int64 = 90 * 86_400_000
    /// The most addresses of one user; the oldest gives way.
    static let maximumPerUser = 20
    /// A login from a known address is written down when the last one is older than this, in milliseconds: a day.
    private static let interval: Int64 = 86_400_000

    let database: any Database
    let clock: any WallClock
    let key: CredentialKey

    /// Whether a user has logged in from a client's network lately. For nobody the same look-up is made.
    func isKnown(_ client: SocketAddress, to userID: String?) async throws -> Bool {
        guard let seen = try await seen(client, by: userID ?? "") else { return false }
        return clock.now - seen < Self.memory
    }

    /// Remembers a login. One a day from each address is a write. Of who was erased meanwhile nothing is remembered.
    func remember(_ client: SocketAddress, of userID: String) async throws {
        let now = clock.now
        if let seen = try await seen(client, by: userID), now - seen < Self.interval { return }
        let hash = hash(client, userID)
        try await database.write { transaction in
            try transaction.execute(
                """
                INSERT INTO known_addresses (user_id, address, seen_at) SELECT id, ?2, ?3 FROM users WHERE id = ?1
                    ON CONFLICT (user_id, address) DO UPDATE SET seen_at = ?3
                """,
                .text(userID), .blob(hash), .integer(now))
            try transaction.execute(
                """
                DELETE FROM known_addresses WHERE user_id = ?1 AND address NOT IN
                    (SELECT address FROM known_addresses WHERE user_id = ?1 ORDER BY seen_at DESC, address LIMIT ?2)
                """,
                .text(userID), SQLValue(Self.maximumPerUser))
        }
    }

    private func seen(_ client: SocketAddress, by userID: String) async throws -> Int64? {
        let hash = hash(client, userID)
        return try await database.lookup { reader in
            try reader.first(
                "SELECT seen_at FROM known_addresses WHERE user_id = ? AND address = ?", .text(userID), .blob(hash)
            ) { try $0.int64(0) }
        }
    }

    /// Bound to the user, so that equal addresses of two users do not look equal.
    private func hash(_ client: SocketAddress, _ userID: String) -> [UInt8] {
        key.code(for: "address", Array("\(userID) \(client.subscriberNetwork.ip)".utf8))
    }
}
