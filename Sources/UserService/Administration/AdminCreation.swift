import Chassis
import ServiceStorage
import Storage

/// Makes users who are admins from their first moment: the only way to a first one. There is no default password.
struct AdminCreation: Sendable {
    enum Outcome: Sendable, Equatable {
        case created(AdministeredUser)
        case emailTaken
        /// There is an admin already, and the first one was wanted.
        case exists
    }

    let store: AdministrationStore
    let hasher: PasswordHasher

    /// Whether anybody is an admin, locked or not.
    func anAdminExists() async throws -> Bool {
        try await store.database.lookup(Self.anAdminExists)
    }

    /// Adds an admin. The address counts as verified: whoever runs the service vouches for it.
    /// - Parameter asFirst: Whether it is done only while there is no admin.
    /// - Throws: ``PasswordHasherBusy``, `DatabaseError`.
    func create(
        email: EmailAddress, password: Password, name: DisplayName, asFirst: Bool, by origin: AuditOrigin
    ) async throws -> Outcome {
        let hash = try await hasher.hash(password)
        let (store, now) = (store, store.clock.now)
        let user = User(
            id: store.identifiers.make("usr"), email: email, name: name, version: 1, createdAt: now,
            emailVerifiedAt: now)
        return try await store.database.write { transaction in
            if asFirst, try Self.anAdminExists(transaction) { return .exists }
            guard try UserStore.insert(user, hash: hash, in: transaction) else { return .emailTaken }
            try transaction.execute(
                "UPDATE users SET roles = ?, email_verified_at = ? WHERE id = ?", .text(Roles([.admin]).stored),
                .integer(now), .text(user.id))
            try transaction.record(.userCreated(user: user.id), id: store.identifiers.make("evt"), now: now)
            guard let admin = try AdministrationStore.user(id: user.id, in: transaction) else {
                throw StoredValueInvalid("id")
            }
            let entry = AuditEntry(action: .createAdmin, target: user.id, after: admin.auditText)
            try store.audit.append(entry, by: origin, now: now, in: transaction)
            return .created(admin)
        }
    }

    private static func anAdminExists(_ reader: any Reader) throws -> Bool {
        try reader.exists("SELECT 1 FROM users WHERE roles <> '' AND instr(roles, 'admin') > 0")
    }
}
