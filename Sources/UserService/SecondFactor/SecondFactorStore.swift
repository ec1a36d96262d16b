import Chassis
import Storage

/// Second factors, their recovery codes and the challenges of logins in the database. What a code does, and that it is used,
/// is one transaction.
struct SecondFactorStore: Sendable {
    /// How a user's second factor is.
    struct Status: Sendable, Equatable {
        /// When it was turned on, ms since 1970; nil when it is off.
        let confirmedAt: Int64?
        /// Recovery codes that were not used.
        let recoveryCodes: Int

        var isOn: Bool { confirmedAt != nil }
    }

    /// What became of a proof.
    enum Verdict: Sendable, Equatable {
        case right
        case wrong
        /// Too many were wrong: no code is looked at before that time.
        case blocked(until: Int64)
        /// The user has no second factor.
        case off
    }

    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator
    let sealer: DataSealer

    func status(of userID: String) async throws -> Status {
        try await database.read { reader in
            let confirmedAt = try reader.first(
                "SELECT confirmed_at FROM totp_factors WHERE user_id = ?", .text(userID)
            ) { try $0.optionalInt64(0) }
            let codes = try reader.first("SELECT count(*) FROM recovery_codes WHERE user_id = ?", .text(userID)) {
                try $0.int(0)
            }
            return Status(confirmedAt: confirmedAt ?? nil, recoveryCodes: codes ?? 0)
        }
    }

    /// Whether a login of this user needs a second factor: one row by its primary key.
    func isOn(for userID: String) async throws -> Bool {
        try await database.lookup {
            try $0.exists(
                "SELECT 1 FROM totp_factors WHERE user_id = ? AND confirmed_at IS NOT NULL", .text(userID))
        }
    }

    /// A new secret for a user, which counts for nothing until it is confirmed; it replaces one that never was.
    /// - Parameter authority: The session that wants it; nil for nobody's.
    /// - Returns: nil when the second factor is on already.
    /// - Throws: ``Problem`` 401 `session_revoked`.
    func enrol(_ userID: String, by authority: SessionAuthority? = nil) async throws -> TOTP? {
        let (totp, now) = (TOTP.random(), clock.now)
        let sealed = try sealer.seal(totp.secret, .totpSecret, of: userID)
        return try await database.write { transaction in
            try authority?.expect(in: transaction)
            let count = try transaction.execute(
                """
                INSERT INTO totp_factors (user_id, secret, created_at, last_step, failures, blocked_until)
                VALUES (?1, ?2, ?3, 0, 0, 0)
                ON CONFLICT (user_id) DO UPDATE SET secret = ?2, created_at = ?3, last_step = 0
                WHERE confirmed_at IS NULL
                """,
                .text(userID), .blob(sealed), .integer(now))
            return count > 0 ? totp : nil
        }
    }

    /// Turns the second factor on, if `code` is one of the new secret, and ends the other sessions: they began without it.
    /// - Parameter authority: The session that wants it, and goes on.
    /// - Returns: The verdict, and the recovery codes when it is right. `off` when there is nothing to confirm.
    /// - Throws: ``Problem`` 401 `session_revoked`.
    func confirm(
        code: String, by authority: SessionAuthority
    ) async throws -> (verdict: Verdict, codes: [RecoveryCode]) {
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.random() }
        let (now, sealer, identifiers) = (clock.now, sealer, identifiers)
        let (session, userID) = (authority.session.id, authority.session.userID)
        let verdict: Verdict = try await database.write { transaction in
            try authority.expect(in: transaction)
            guard var factor = try TOTPFactor.of(userID, in: transaction), factor.confirmedAt == nil else {
                return .off
            }
            let verdict = try factor.check(code, now: now, sealer)
            if verdict == .right { factor.confirmedAt = now }
            try factor.store(in: transaction)
            guard verdict == .right else { return verdict }
            try Self.replaceCodes(of: userID, by: codes, in: transaction)
            // A login that was checked without it begins no session either.
            try CredentialOutdated.outdate(userID, in: transaction)
            try SessionStore.revokeAll(
                of: userID, but: session, .factor, identifiers: identifiers, now: now, in: transaction)
            // The password was shown lately, and now a code: this session has both.
            _ = try SessionStore.reauthenticate(
                id: session, context: .mfa, now: now, under: authority.policy, in: transaction)
            return .right
        }
        return (verdict, verdict == .right ? codes : [])
    }

    /// A new set of recovery codes in place of the one before.
    /// - Parameter authority: The session that wants it.
    /// - Returns: nil when the second factor is off.
    /// - Throws: ``Problem`` 401 `session_revoked`.
    func newRecoveryCodes(by authority: SessionAuthority) async throws -> [RecoveryCode]? {
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.random() }
        let userID = authority.session.userID
        return try await database.write { transaction in
            try authority.expect(in: transaction)
            guard try TOTPFactor.of(userID, in: transaction)?.confirmedAt != nil else { return nil }
            try Self.replaceCodes(of: userID, by: codes, in: transaction)
            return codes
        }
    }

    /// Turns it off; the recovery codes go with it.
    /// - Parameter authority: The session that wants it.
    /// - Returns: Whether there was one.
    /// - Throws: ``Problem`` 401 `session_revoked`.
    func remove(by authority: SessionAuthority) async throws -> Bool {
        let userID = authority.session.userID
        return try await database.write { transaction in
            try authority.expect(in: transaction)
            try transaction.execute("DELETE FROM login_challenges WHERE user_id = ?", .text(userID))
            return try transaction.execute("DELETE FROM totp_factors WHERE user_id = ?", .text(userID)) > 0
        }
    }

    /// Checks a proof and uses it up, in the transaction of what it allows.
    static func check(
        _ proof: FactorProof, of userID: String, now: Int64, _ sealer: DataSealer, in transaction: any Transaction
    ) throws -> Verdict {
        guard var factor = try TOTPFactor.of(userID, in: transaction), factor.confirmedAt != nil else { return .off }
        switch proof {
        case .code(let code):
            let verdict = try factor.check(code, now: now, sealer)
            if verdict != .blocked(until: factor.attempts.blockedUntil) { try factor.store(in: transaction) }
            return verdict
        case .recovery(let code):
            // Not slowed down: it cannot be guessed, and its owner is not to be kept out by who guesses codes.
            guard let code else { return .wrong }
            let used = try transaction.execute(
                "DELETE FROM recovery_codes WHERE user_id = ? AND hash = ?", .text(userID), .blob(code.hash))
            return used > 0 ? .right : .wrong
        }
    }

    private static func replaceCodes(
        of userID: String, by codes: [RecoveryCode], in transaction: any Transaction
    ) throws {
        try transaction.execute("DELETE FROM recovery_codes WHERE user_id = ?", .text(userID))
        for code in codes {
            try transaction.execute(
                "INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)", .text(userID), .blob(code.hash))
        }
    }
}
