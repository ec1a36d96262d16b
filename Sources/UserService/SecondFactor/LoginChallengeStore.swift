import Chassis
import Storage

/// Logins that wait for a second factor.
extension SecondFactorStore {
    /// What became of the answer to a challenge.
    enum ChallengeOutcome: Sendable {
        case begun(Session, RefreshToken)
        case refused(Verdict)
        /// Unknown, expired, answered, or tried too often.
        case over
    }

    /// A challenge for a user whose password was right. One who was erased meanwhile gets one that nothing answers.
    func challenge(_ credential: Credential) async throws -> LoginChallenge {
        let (challenge, now) = (LoginChallenge.random(), clock.now)
        return try await database.write { transaction in
            try transaction.execute(
                """
                INSERT INTO login_challenges (hash, user_id, credential_version, expires_at, tries)
                    SELECT ?1, id, ?3, ?4, 0 FROM users WHERE id = ?2
                """,
                .blob(challenge.hash), .text(credential.userID), .integer(credential.version),
                .integer(now + LoginChallenge.life))
            return challenge
        }
    }

    /// Removes logins that nobody finished in time, `limit` at most.
    /// - Returns: How many were removed.
    func removeExpired(limit: Int = 500) async throws -> Int {
        let now = clock.now
        return try await database.write { transaction in
            try transaction.execute(
                """
                DELETE FROM login_challenges WHERE hash IN
                    (SELECT hash FROM login_challenges WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
                """,
                .integer(now), SQLValue(limit))
        }
    }

    /// Answers a challenge. With the right proof it is gone and the session there, at once or not at all.
    /// - Throws: ``CredentialOutdated``, ``UserLocked``.
    func answer(
        _ challenge: LoginChallenge, with proof: FactorProof, from client: SessionClient
    ) async throws -> ChallengeOutcome {
        let hash = challenge.hash
        // A guess does not get to queue for the writer.
        let isKnown = try await database.lookup {
            try $0.exists("SELECT 1 FROM login_challenges WHERE hash = ?", .blob(hash))
        }
        guard isKnown else { return .over }
        let (now, sealer) = (clock.now, sealer)
        let (session, event) = (identifiers.make("ses"), identifiers.make("evt"))
        return try await database.write { transaction in
            guard let (userID, version) = try Self.take(hash, now: now, in: transaction) else { return .over }
            let begun = Session(id: session, userID: userID, now: now, context: .mfa, client: client)
            let outcome = try Self.begin(
                begun, with: proof, version, event: event, now: now, sealer, in: transaction)
            if case .begun = outcome {
                try transaction.execute("DELETE FROM login_challenges WHERE hash = ?", .blob(hash))
            }
            return outcome
        }
    }

    /// Begins a session for a user whose password was right and who has brought the proof along: it is used up and the session
    /// there, at once or not at all.
    /// - Throws: ``CredentialOutdated``, ``UserLocked``.
    func begin(
        _ credential: Credential, with proof: FactorProof, from client: SessionClient
    ) async throws -> ChallengeOutcome {
        let (now, sealer, userID) = (clock.now, sealer, credential.userID)
        let (session, event) = (identifiers.make("ses"), identifiers.make("evt"))
        return try await database.write { transaction in
            let begun = Session(id: session, userID: userID, now: now, context: .mfa, client: client)
            return try Self.begin(
                begun, with: proof, credential.version, event: event, now: now, sealer, in: transaction)
        }
    }

    /// Uses a proof up and begins the session that it allows, if it is right.
    private static func begin(
        _ session: Session, with proof: FactorProof, _ version: Int64, event: String, now: Int64,
        _ sealer: DataSealer, in transaction: any Transaction
    ) throws -> ChallengeOutcome {
        let verdict = try check(proof, of: session.userID, now: now, sealer, in: transaction)
        guard verdict == .right else { return .refused(verdict) }
        let token = RefreshToken.random()
        try SessionStore.insert(session, token, with: version, event: event, in: transaction)
        return .begun(session, token)
    }

    /// The user proved again who he is, with both: the proof is used up and the session renewed, at once or not at all.
    /// - Returns: The verdict, and the session as it is now; no session when it is over.
    /// - Throws: ``CredentialOutdated``.
    func reauthenticate(
        by authority: SessionAuthority, _ credential: Credential, with proof: FactorProof
    ) async throws -> (verdict: Verdict, session: Session?) {
        let (now, sealer, session) = (clock.now, sealer, authority.session)
        return try await database.write { transaction in
            try CredentialOutdated.check(credential.version, of: credential.userID, in: transaction)
            let verdict = try Self.check(proof, of: session.userID, now: now, sealer, in: transaction)
            guard verdict == .right else { return (verdict, nil) }
            let fresh = try SessionStore.reauthenticate(
                id: session.id, context: .mfa, now: now, under: authority.policy, in: transaction)
            return (verdict, fresh)
        }
    }

    /// Counts a try at a challenge.
    /// - Returns: Its user, and the version of the credential that was right; nil when it is over.
    private static func take(
        _ hash: [UInt8], now: Int64, in transaction: any Transaction
    ) throws -> (userID: String, version: Int64)? {
        let count = try transaction.execute(
            "UPDATE login_challenges SET tries = tries + 1 WHERE hash = ? AND expires_at > ? AND tries < ?",
            .blob(hash), .integer(now), .integer(LoginChallenge.tries))
        guard count > 0 else { return nil }
        return try transaction.first(
            "SELECT user_id, credential_version FROM login_challenges WHERE hash = ?", .blob(hash)
        ) { (try $0.string(0), try $0.int64(1)) }
    }
}
