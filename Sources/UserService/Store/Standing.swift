import Storage

/// What decides whether a user is served at all, and with which roles.
struct Standing: Sendable, Equatable {
    let roles: Roles
    let isLocked: Bool

    /// The standing of a user; nil when there is none by that id.
    static func of(_ userID: String, in reader: any Reader) throws -> Standing? {
        try reader.first("SELECT roles, locked_at IS NOT NULL FROM users WHERE id = ?", .text(userID)) { row in
            Standing(roles: try Roles(stored: try row.string(0)), isLocked: try row.bool(1))
        }
    }

    static func isLocked(_ userID: String, in reader: any Reader) throws -> Bool {
        try of(userID, in: reader)?.isLocked ?? false
    }

    /// Writes down a login, in its transaction.
    /// - Throws: ``UserLocked``, also for a user who is gone.
    static func noteLogin(of userID: String, now: Int64, in transaction: any Transaction) throws {
        let count = try transaction.execute(
            "UPDATE users SET last_login_at = ? WHERE id = ? AND locked_at IS NULL", .integer(now), .text(userID))
        guard count > 0 else { throw UserLocked() }
    }
}

/// The user is locked: no session begins.
struct UserLocked: Error {}

extension UserStore {
    /// The roles of a user as they are now.
    func roles(of userID: String) async throws -> Roles {
        try await database.lookup { try Standing.of(userID, in: $0)?.roles ?? .none }
    }
}

extension APIKeyStore {
    /// Whether a key of this user is refused for now: locking keeps keys, so that unlocking gives them back.
    func isOwnerLocked(_ userID: String) async throws -> Bool {
        try await database.lookup { try Standing.isLocked(userID, in: $0) }
    }
}
