import Chassis
import Storage

extension AdministrationStore {
    /// Which users a list shows; nil leaves a part open.
    struct Filter: Sendable, Equatable {
        enum State: String, Sendable, CaseIterable {
            case active
            case locked
        }

        enum Search: Sendable, Equatable {
            /// A whole address, lower case.
            case email(String)
            /// Its beginning, lower case and ASCII.
            case emailPrefix(String)
        }

        var state: State?
        /// `user` is everybody.
        var role: Role?
        var search: Search?
    }

    /// The users before an id, `limit` at most, newest first.
    func users(_ filter: Filter, before id: String?, limit: Int) async throws -> [AdministeredUser] {
        let (sql, values) = Self.statement(filter, before: id, limit: limit)
        return try await database.read { reader in
            var found: [AdministeredUser] = []
            try reader.query(sql, values: values) { row in
                found.append(try Self.user(row))
                return true
            }
            return found
        }
    }

    /// A user, and how many of his sessions are live.
    func user(id: String) async throws -> (AdministeredUser, sessions: Int)? {
        let (now, policy) = (clock.now, policy)
        return try await database.read { reader in
            guard let user = try Self.user(id: id, in: reader) else { return nil }
            return (user, try Self.liveSessions(of: id, now: now, policy, in: reader))
        }
    }

    /// Each filter is a text of its own, so that its index is used: a bound value would hide which rows are meant. With a
    /// search, the address's index finds the few rows, which are then put in order (`+id` is not looked up).
    private static func statement(_ filter: Filter, before id: String?, limit: Int) -> (SQL, [SQLValue]) {
        let states: [Filter.State: SQL] = [.active: " AND locked_at IS NULL", .locked: " AND locked_at IS NOT NULL"]
        let roles: [Role: SQL] = [
            .admin: " AND roles <> '' AND instr(roles, 'admin') > 0",
            .support: " AND roles <> '' AND instr(roles, 'support') > 0",
        ]
        let parts = (filter.state.flatMap { states[$0] } ?? "") + (filter.role.flatMap { roles[$0] } ?? "")
        var (search, text): (SQL, String?) = ("", nil)
        switch filter.search {
        case .email(let email)?: (search, text) = (" AND email = ?2", email)
        // Addresses are ASCII: no character of one sorts behind this.
        case .emailPrefix(let prefix)?: (search, text) = (" AND email >= ?2 AND email < ?2 || char(127)", prefix)
        case nil: break
        }
        let frame: (start: SQL, end: SQL) =
            text == nil
            ? (" WHERE (?1 IS NULL OR id < ?1)", " ORDER BY id DESC LIMIT ?3")
            : (" WHERE (?1 IS NULL OR +id < ?1)", " ORDER BY +id DESC LIMIT ?3")
        return (columns + frame.start + parts + search + frame.end, [SQLValue(id), SQLValue(text), SQLValue(limit)])
    }

    // MARK: - Statements

    private static let columns: SQL = """
        SELECT id, email, email_verified_at IS NOT NULL, name, roles, locked_at, lock_reason, version, created_at,
            last_login_at FROM users
        """

    static func user(id: String, in reader: any Reader) throws -> AdministeredUser? {
        try reader.first(columns + " WHERE id = ?", .text(id), map: user)
    }

    private static func user(_ row: Row) throws -> AdministeredUser {
        let lock = try row.optionalInt64(5).map { AdministeredUser.Lock(since: $0, reason: try row.string(6)) }
        return AdministeredUser(
            id: try row.string(0), email: try row.string(1), isEmailVerified: try row.bool(2), name: try row.string(3),
            roles: try Roles(stored: try row.string(4)), lock: lock, version: try row.int64(7),
            createdAt: try row.int64(8), lastLoginAt: try row.optionalInt64(9))
    }

    static func save(_ user: AdministeredUser, now: Int64, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            UPDATE users SET roles = ?, locked_at = ?, lock_reason = ?, version = ?, updated_at = ? WHERE id = ?
            """,
            .text(user.roles.stored), SQLValue(user.lock?.since), SQLValue(user.lock?.reason),
            .integer(user.version), .integer(now), .text(user.id))
    }

    /// Admins who are not locked, but for one.
    static func admins(but id: String, in reader: any Reader) throws -> Int {
        try reader.first(
            """
            SELECT count(*) FROM users
                WHERE roles <> '' AND instr(roles, 'admin') > 0 AND locked_at IS NULL AND id <> ?
            """,
            .text(id)
        ) { try $0.int(0) } ?? 0
    }

    static func liveSessions(
        of id: String, now: Int64, _ policy: SessionPolicy, in reader: any Reader
    ) throws -> Int {
        try reader.first(
            """
            SELECT count(*) FROM sessions WHERE user_id = ? AND revoked_at IS NULL AND created_at > ?
                AND refreshed_at > ?
            """,
            .text(id), .integer(now - policy.absolute), .integer(now - policy.idle)
        ) { try $0.int(0) } ?? 0
    }
}
