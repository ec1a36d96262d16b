import Chassis
import Storage

/// What changes an account's password, and what proves its address, each as one transaction with its mails and events.
///
/// What strangers may ask for writes as much for an address that is not known as for one that is: a token and a mail, or
/// a mail to nobody, in one commit. The time of the answer then tells nothing.
struct CredentialStore: Sendable {
    /// What became of a sign-up.
    enum SignUpOutcome: Sendable, Equatable {
        case created(User)
        /// The address has an account; its owner gets a mail when that is wanted.
        case taken
    }

    let users: UserStore
    let outbox: MailOutbox
    let key: CredentialKey

    var database: any Database { users.database }
    private var identifiers: any IdentifierGenerator { users.identifiers }
    private var clock: any WallClock { users.clock }

    // MARK: - Sign-up

    /// Adds a user and writes the mail that verifies the address; or writes one that says that it is taken.
    /// - Parameter sendsMail: Whether the address may get another mail; the account is made anyway.
    func signUp(
        email: EmailAddress, name: DisplayName, hash: ScryptHash, sendsMail: Bool
    ) async throws -> SignUpOutcome {
        let now = clock.now
        let user = User(
            id: identifiers.make("usr"), email: email, name: name, version: 1, createdAt: now, emailVerifiedAt: nil)
        let event = identifiers.make("evt")
        return try await database.write { transaction in
            if try UserStore.insert(user, hash: hash, in: transaction) {
                try transaction.record(.userCreated(user: user.id), id: event, now: now)
                try send(.verifyEmail, to: sendsMail ? user : nil, now: now, in: transaction)
                return .created(user)
            }
            let owner = sendsMail ? try UserStore.user(email: email, in: transaction) : nil
            let kind: MailKind = owner?.isEmailVerified == false ? .signUpAgain : .addressTaken
            try send(kind, to: owner, now: now, in: transaction)
            return .taken
        }
    }

    // MARK: - Verification

    /// Sends the mail that verifies an address again, where there is an account that waits for it.
    func requestVerification(of email: EmailAddress?, sendsMail: Bool) async throws {
        let now = clock.now
        try await database.write { transaction in
            let user = try email.flatMap { try UserStore.user(email: $0, in: transaction) }
            let waits = sendsMail && user?.isEmailVerified == false
            try send(.verifyEmail, to: waits ? user : nil, now: now, in: transaction)
        }
    }

    /// Uses a token up: its user's address is verified.
    /// - Returns: Whether the token was good.
    func verify(_ token: OneTimeToken) async throws -> Bool {
        let (now, hash, event) = (clock.now, token.hash, identifiers.make("evt"))
        return try await database.write { transaction in
            guard let userID = try Self.use(hash, for: .verifyEmail, now: now, in: transaction) else { return false }
            try Self.markVerified(userID, event: event, now: now, in: transaction)
            return true
        }
    }

    // MARK: - Passwords

    /// Sends the mail with which another password is chosen, where there is such an account.
    func requestReset(of email: EmailAddress?, sendsMail: Bool) async throws {
        let now = clock.now
        try await database.write { transaction in
            let user = try email.flatMap { try UserStore.user(email: $0, in: transaction) }
            try send(.resetPassword, to: sendsMail ? user : nil, now: now, in: transaction)
        }
    }

    /// Whose password a token may replace; nil when it is not good. It stays good.
    func owner(of token: OneTimeToken) async throws -> User? {
        let (now, hash) = (clock.now, token.hash)
        return try await database.lookup { reader in
            try Self.holder(of: hash, for: token.purpose, now: now, in: reader).flatMap {
                try UserStore.user(id: $0, in: reader)
            }
        }
    }

    /// Uses a token up and replaces its user's password. All sessions end; the owner is told. Who did this reads mail at
    /// the address, so it is verified too.
    /// - Returns: Whether the token was still good.
    func reset(_ token: OneTimeToken, to hash: ScryptHash) async throws -> Bool {
        let (now, tokenHash, event, identifiers) = (clock.now, token.hash, identifiers.make("evt"), identifiers)
        return try await database.write { transaction in
            guard let userID = try Self.use(tokenHash, for: .resetPassword, now: now, in: transaction) else {
                return false
            }
            try Self.markVerified(userID, event: event, now: now, in: transaction)
            try Self.replacePassword(of: userID, by: hash, now: now, in: transaction)
            try SessionStore.revokeAll(
                of: userID, .passwordReset, identifiers: identifiers, now: now, in: transaction)
            let user = try UserStore.user(id: userID, in: transaction)
            try send(.passwordReset, to: user, now: now, in: transaction)
            return true
        }
    }

    /// Replaces a user's password. Other sessions than the one named end, and a mail that could have reset the old password
    /// is void; the owner is told.
    /// - Returns: Whether the old password was still the one that was checked.
    func changePassword(
        of old: Credential, to new: ScryptHash, keeping session: String
    ) async throws -> Bool {
        let (now, identifiers, userID) = (clock.now, identifiers, old.userID)
        return try await database.write { transaction in
            let isSame = try transaction.exists(
                "SELECT 1 FROM users WHERE id = ? AND credential_version = ?", .text(userID), .integer(old.version))
            guard isSame else { return false }
            try Self.replacePassword(of: userID, by: new, now: now, in: transaction)
            try transaction.execute(
                "DELETE FROM one_time_tokens WHERE user_id = ? AND purpose = ?", .text(userID),
                .text(OneTimeToken.Purpose.resetPassword.rawValue))
            try SessionStore.revokeAll(
                of: userID, but: session, .passwordChanged, identifiers: identifiers, now: now, in: transaction)
            let user = try UserStore.user(id: userID, in: transaction)
            try send(.passwordChanged, to: user, now: now, in: transaction)
            return true
        }
    }

    // MARK: - Parts of transactions

    /// Writes a mail, with a token that voids the ones before where its kind has one. To nobody it writes a mail alone.
    private func send(_ kind: MailKind, to user: User?, now: Int64, in transaction: any Transaction) throws {
        var generator = SystemRandomNumberGenerator()
        let salt = kind.purpose.map { _ in [UInt8].random(32, using: &generator) }
        if let user, let purpose = kind.purpose, let salt {
            let token = OneTimeToken(purpose, salt: salt, key: key)
            try transaction.execute(
                "DELETE FROM one_time_tokens WHERE user_id = ? AND purpose = ?", .text(user.id),
                .text(purpose.rawValue))
            try transaction.execute(
                """
                INSERT INTO one_time_tokens (hash, user_id, purpose, created_at, expires_at) VALUES (?, ?, ?, ?, ?)
                """,
                .blob(token.hash), .text(user.id), .text(purpose.rawValue), .integer(now),
                .integer(now + purpose.life))
        }
        try outbox.add(kind, to: user?.email, of: user?.id, salt: salt, now: now, in: transaction)
    }

    private static func holder(
        of hash: [UInt8], for purpose: OneTimeToken.Purpose, now: Int64, in reader: any Reader
    ) throws -> String? {
        try reader.first(
            "SELECT user_id FROM one_time_tokens WHERE hash = ? AND purpose = ? AND expires_at > ?",
            .blob(hash), .text(purpose.rawValue), .integer(now)
        ) { try $0.string(0) }
    }

    /// Takes a token out of the world.
    /// - Returns: Its user, when it was good.
    private static func use(
        _ hash: [UInt8], for purpose: OneTimeToken.Purpose, now: Int64, in transaction: any Transaction
    ) throws -> String? {
        let user = try holder(of: hash, for: purpose, now: now, in: transaction)
        try transaction.execute("DELETE FROM one_time_tokens WHERE hash = ?", .blob(hash))
        return user
    }

    private static func markVerified(
        _ userID: String, event: String, now: Int64, in transaction: any Transaction
    ) throws {
        let count = try transaction.execute(
            """
            UPDATE users SET email_verified_at = ?1, version = version + 1, updated_at = ?1
                WHERE id = ?2 AND email_verified_at IS NULL
            """,
            .integer(now), .text(userID))
        if count > 0 { try transaction.record(.userVerified(user: userID), id: event, now: now) }
    }

    private static func replacePassword(
        of userID: String, by hash: ScryptHash, now: Int64, in transaction: any Transaction
    ) throws {
        try transaction.execute(
            "UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?",
            .text(hash.phc), .integer(now), .text(userID))
        try CredentialOutdated.outdate(userID, in: transaction)
    }
}
