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
    /// - Parameter version: That of the credential that was checked.
    /// - Throws: ``CredentialOutdated``; ``UserLocked``, also for a user who is gone.
    static func noteLogin(
        of userID: String, with version: Int64, now: Int64, in transaction: any Transaction
    ) throws {
        try CredentialOutdated.check(version, of: userID, in: transaction)
        let count = try transaction.execute(
            "UPDATE users SET last_login_at = ? WHERE id = ? AND locked_at IS NULL", .integer(now), .text(userID))
        guard count > 0 else { throw UserLocked() }
    }
}

/// The user is locked: no session begins.
struct UserLocked: Error {}

/// What the user logs in with was changed after it was checked: no session begins, and nothing is confirmed. A reset ends all
/// sessions, and one that was on its way must not begin after it.
struct CredentialOutdated: Error {
    /// Compares the version that was checked with the one of now. Who is gone has none, and is not outdated.
    /// - Throws: ``CredentialOutdated``.
    static func check(_ version: Int64, of userID: String, in reader: any Reader) throws {
        let current = try reader.first("SELECT credential_version FROM users WHERE id = ?", .text(userID)) {
            try $0.int64(0)
        }
        guard let current, current != version else { return }
        throw CredentialOutdated()
    }

    /// Writes down that a user's credentials are other ones.
    static func outdate(_ userID: String, in transaction: any Transaction) throws {
        try transaction.execute(
            "UPDATE users SET credential_version = credential_version + 1 WHERE id = ?", .text(userID))
    }
}

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
