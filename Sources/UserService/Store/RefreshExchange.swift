import Chassis
import Storage

/// One use of a refresh token, as one transaction. The writer runs these one after the other: of fifty that race, the
/// first rotates and the others find its successor.
struct RefreshExchange: Sendable {
    let token: RefreshToken
    let hash: [UInt8]
    let client: SessionClient
    let policy: SessionPolicy
    let clock: any WallClock
    let event: String

    func run(in transaction: any Transaction) throws -> SessionStore.RefreshOutcome {
        guard let holder = try SessionStore.holder(of: hash, in: transaction),
            var session = try SessionStore.session(id: holder.sessionID, in: transaction)
        else { return .refused }
        // The time is taken here and not when the request came: what counts is the order of the transactions.
        let now = clock.now
        switch session.decide(presented: holder.generation, now: now, under: policy) {
        case .rotate:
            let successor = try rotate(&session, now: now, in: transaction)
            return .renewed(session, successor)
        case .repeatSuccessor:
            guard let salt = holder.salt else { throw StoredValueInvalid("successor_salt") }
            return .renewed(session, token.successor(salt: salt))
        case .revoke:
            session.revoke(.reuse)
            try SessionStore.revoke(session, .reuse, event: event, now: now, in: transaction)
            return .reused(session)
        case .refuse:
            return .refused
        }
    }

    private func rotate(_ session: inout Session, now: Int64, in transaction: any Transaction) throws -> RefreshToken {
        var generator = SystemRandomNumberGenerator()
        let salt = [UInt8].random(32, using: &generator)
        let successor = token.successor(salt: salt)
        // This token's own parent can no longer be answered: forget how this one was derived.
        try transaction.execute(
            "UPDATE refresh_tokens SET successor_salt = NULL WHERE session_id = ? AND generation = ?",
            .text(session.id), .integer(session.generation - 1))
        try transaction.execute(
            "UPDATE refresh_tokens SET successor_salt = ? WHERE hash = ?", .blob(salt), .blob(hash))
        session.rotate(now: now, client: client)
        try SessionStore.add(successor, generation: session.generation, to: session.id, in: transaction)
        try transaction.execute(
            "UPDATE sessions SET generation = ?, refreshed_at = ?, client_address = ?, user_agent = ? WHERE id = ?",
            .integer(session.generation), .integer(session.refreshedAt), SQLValue(client.address),
            SQLValue(client.userAgent), .text(session.id))
        return successor
    }
}
