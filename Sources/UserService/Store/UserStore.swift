import Chassis
import Storage

/// Users in the database.
struct UserStore: Sendable {
    /// What became of a change.
    enum ChangeOutcome: Sendable, Equatable {
        case changed(User)
        /// The user is at another version than the caller had seen.
        case conflict
        case missing
    }

    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator

    /// Adds a user.
    /// - Returns: nil when the e-mail address is taken.
    func create(email: EmailAddress, name: DisplayName, hash: ScryptHash) async throws -> User? {
        let user = User(
            id: identifiers.make("usr"), email: email, name: name, version: 1, createdAt: clock.now,
            emailVerifiedAt: nil)
        let event = identifiers.make("evt")
        return try await database.write { transaction in
            guard try Self.insert(user, hash: hash, in: transaction) else { return nil }
            try transaction.record(.userCreated(user: user.id), id: event, now: user.createdAt)
            return user
        }
    }

    static func insert(_ user: User, hash: ScryptHash, in transaction: any Transaction) throws -> Bool {
        do {
            try transaction.execute(
                """
                INSERT INTO users (id, email, name, password_hash, version, created_at, updated_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
                """,
                .text(user.id), .text(user.email.exposed), .text(user.name.text), .text(hash.phc),
                .integer(user.version), .integer(user.createdAt))
            return true
        } catch let error as DatabaseError where error.isConstraint(.unique) {
            return false
        }
    }

    /// The user with an id.
    func user(id: String) async throws -> User? {
        try await database.lookup { try Self.user(id: id, in: $0) }
    }

    /// The user with an e-mail address.
    func user(email: EmailAddress) async throws -> User? {
        try await database.lookup { reader in
            try Self.user(email: email, in: reader)
        }
    }

    /// What a login with an e-mail address is checked against.
    func credential(for email: EmailAddress) async throws -> Credential? {
        try await database.lookup { reader in
            try reader.first(Self.credentialColumns + " WHERE email = ?", .text(email.exposed), map: Self.credential)
        }
    }

    /// What a user's password is checked against.
    func credential(ofUser id: String) async throws -> Credential? {
        try await database.lookup { reader in
            try reader.first(Self.credentialColumns + " WHERE id = ?", .text(id), map: Self.credential)
        }
    }

    private static let credentialColumns: SQL =
        "SELECT id, password_hash, email_verified_at, credential_version FROM users"

    private static func credential(_ row: Row) throws -> Credential {
        guard let hash = ScryptHash(phc: try row.string(1)) else { throw StoredValueInvalid("password_hash") }
        return Credential(
            userID: try row.string(0), hash: hash, isEmailVerified: try !row.isNull(2), version: try row.int64(3))
    }

    /// Gives a user another name.
    /// - Parameter condition: Whether the change may be made to the version that is stored.
    func rename(
        id: String, to name: DisplayName, if condition: @escaping @Sendable (_ version: Int64) -> Bool
    ) async throws -> ChangeOutcome {
        let (now, event) = (clock.now, identifiers.make("evt"))
        return try await database.write { transaction in
            guard let user = try Self.user(id: id, in: transaction) else { return .missing }
            guard condition(user.version) else { return .conflict }
            guard user.name != name else { return .changed(user) }
            let changed = User(
                id: id, email: user.email, name: name, version: user.version + 1, createdAt: user.createdAt,
                emailVerifiedAt: user.emailVerifiedAt)
            try transaction.execute(
                "UPDATE users SET name = ?, version = ?, updated_at = ? WHERE id = ?",
                .text(name.text), .integer(changed.version), .integer(now), .text(id))
            try transaction.record(.userUpdated(user: id), id: event, now: now)
            return .changed(changed)
        }
    }

    /// Replaces the hash of a password by a costlier one of the same password, unless it was changed meanwhile.
    func replaceHash(of userID: String, _ old: ScryptHash, by new: ScryptHash) async throws {
        let (old, new) = (old.phc, new.phc)
        try await database.write { transaction in
            _ = try transaction.execute(
                "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?",
                .text(new), .text(userID), .text(old))
        }
    }

    static func user(id: String, in reader: any Reader) throws -> User? {
        try reader.first(columns + " WHERE id = ?", .text(id), map: user)
    }

    static func user(email: EmailAddress, in reader: any Reader) throws -> User? {
        try reader.first(columns + " WHERE email = ?", .text(email.exposed), map: user)
    }

    /// What ``user(_:)`` reads.
    static let columns: SQL = "SELECT id, email, name, version, created_at, email_verified_at FROM users"

    static func user(_ row: Row) throws -> User {
        guard let email = EmailAddress(try row.string(1)) else { throw StoredValueInvalid("email") }
        guard let name = DisplayName(try row.string(2)) else { throw StoredValueInvalid("name") }
        return User(
            id: try row.string(0), email: email, name: name, version: try row.int64(3), createdAt: try row.int64(4),
            emailVerifiedAt: try row.optionalInt64(5))
    }
}

/// A column holds what the program would never have written. The value itself stays out of the message.
struct StoredValueInvalid: Error, CustomStringConvertible {
    private let column: String

    init(_ column: String) { self.column = column }

    var description: String { "column \(column) holds an invalid value" }
}
