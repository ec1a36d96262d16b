import Chassis
import Logging
import Storage

/// Encrypts anew what was encrypted under the previous key, at the start and in small transactions: a crash leaves some of
/// it under either key, both of which open until the next start has finished.
struct Resealing: Sendable {
    /// What came of it.
    struct Outcome: Sendable, Equatable {
        /// Values that are under the current key now.
        var resealed = 0
        /// Values that neither key opens.
        var lost = 0
    }

    /// Where sealed values lie.
    private struct Place: Sendable {
        let purpose: DataSealer.Purpose
        /// Owners and values after the owner `?1`, `?2` at most.
        let select: SQL
        /// Puts the value `?1` in the place of `?3` of the owner `?2`.
        let update: SQL
    }

    private static let places = [
        Place(
            purpose: .signingKey,
            select: """
                SELECT id, private_key FROM signing_keys WHERE private_key IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2
                """,
            update: "UPDATE signing_keys SET private_key = ?1 WHERE id = ?2 AND private_key = ?3"),
        Place(
            purpose: .totpSecret,
            select: "SELECT user_id, secret FROM totp_factors WHERE user_id > ?1 ORDER BY user_id LIMIT ?2",
            update: "UPDATE totp_factors SET secret = ?1 WHERE user_id = ?2 AND secret = ?3"),
    ]

    let database: any Database
    let sealer: DataSealer
    let logger: Logger
    /// Values of one transaction.
    var batch = 200

    /// Does nothing without a previous key.
    @discardableResult
    func run() async throws -> Outcome {
        var outcome = Outcome()
        guard sealer.hasPrevious else { return outcome }
        for place in Self.places {
            var last: String? = ""
            while let after = last {
                let step = try await step(place, after: after)
                outcome.resealed += step.outcome.resealed
                outcome.lost += step.outcome.lost
                last = step.last
            }
        }
        report(outcome)
        return outcome
    }

    /// One transaction.
    /// - Returns: Also the last owner that was looked at; nil at the end.
    private func step(_ place: Place, after owner: String) async throws -> (outcome: Outcome, last: String?) {
        let (sealer, batch) = (sealer, batch)
        return try await database.write { transaction in
            let rows = try transaction.all(place.select, .text(owner), SQLValue(batch)) {
                (owner: try $0.string(0), sealed: try $0.bytes(1))
            }
            var outcome = Outcome()
            for row in rows {
                do {
                    guard let anew = try sealer.reseal(row.sealed, place.purpose, of: row.owner) else { continue }
                    try transaction.execute(place.update, .blob(anew), .text(row.owner), .blob(row.sealed))
                    outcome.resealed += 1
                } catch is DataSealer.CannotOpen {
                    outcome.lost += 1
                }
            }
            return (outcome, rows.last?.owner)
        }
    }

    private func report(_ outcome: Outcome) {
        logger.notice(
            "Everything is encrypted under the current key; the previous one is not needed any more",
            metadata: ["encrypted_anew": "\(outcome.resealed)"])
        guard outcome.lost > 0 else { return }
        logger.error("Some values open under neither key", metadata: ["count": "\(outcome.lost)"])
    }
}
