import Storage

/// A user's authenticator as it is stored.
struct TOTPFactor: Sendable, Equatable {
    let userID: String
    /// Sealed.
    let secret: [UInt8]
    var confirmedAt: Int64?
    private(set) var lastStep: Int64
    private(set) var attempts: FactorAttempts

    /// Checks a code; a right one is used up, a wrong one counted.
    /// - Throws: ``DataSealer/CannotOpen``.
    mutating func check(_ code: String, now: Int64, _ sealer: DataSealer) throws -> SecondFactorStore.Verdict {
        guard attempts.allows(now: now) else { return .blocked(until: attempts.blockedUntil) }
        let totp = TOTP(secret: try sealer.open(secret, .totpSecret, of: userID))
        guard let step = totp.step(of: code, now: now, usedUpTo: lastStep) else {
            attempts.fail(now: now)
            return .wrong
        }
        lastStep = step
        attempts.succeed()
        return .right
    }

    static func of(_ userID: String, in reader: any Reader) throws -> TOTPFactor? {
        try reader.first(
            "SELECT secret, confirmed_at, last_step, failures, blocked_until FROM totp_factors WHERE user_id = ?",
            .text(userID)
        ) { row in
            TOTPFactor(
                userID: userID, secret: try row.bytes(0), confirmedAt: try row.optionalInt64(1),
                lastStep: try row.int64(2),
                attempts: FactorAttempts(failures: try row.int(3), blockedUntil: try row.int64(4)))
        }
    }

    func store(in transaction: any Transaction) throws {
        try transaction.execute(
            """
            UPDATE totp_factors SET confirmed_at = ?, last_step = ?, failures = ?, blocked_until = ? WHERE user_id = ?
            """,
            SQLValue(confirmedAt), .integer(lastStep), SQLValue(attempts.failures), .integer(attempts.blockedUntil),
            .text(userID))
    }
}
