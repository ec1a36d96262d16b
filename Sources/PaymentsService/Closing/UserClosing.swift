import Chassis
import Storage

/// What became of the wish to close all accounts of a user.
enum ClosingOutcome: Sendable, Hashable {
    /// All of them are closed, and the user opens no others. How many there are.
    case closed(accounts: Int)
    /// Money is left, or on its way, in one of them. Nothing was changed.
    case moneyLeft
}

extension PaymentsStore {
    /// Closes all accounts of a user for good, or none. Asked again it answers the same.
    func closeAccounts(of user: String) async throws -> ClosingOutcome {
        let now = clock.now
        return try await database.write { transaction in
            guard try !transaction.hasMoney(user) else { return .moneyLeft }
            try transaction.execute(
                """
                UPDATE accounts SET status = 'closed', frozen_by = NULL, closed_at = ?2, version = version + 1
                WHERE owner = ?1 AND status <> 'closed'
                """, .text(user), .integer(now))
            try transaction.execute(
                "INSERT INTO closed_users (id, closed_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", .text(user),
                .integer(now))
            try transaction.removeWebhookEndpoints(of: user)
            let accounts = try transaction.first("SELECT COUNT(*) FROM accounts WHERE owner = ?", .text(user)) {
                try $0.int(0)
            }
            return .closed(accounts: accounts ?? 0)
        }
    }
}

extension Reader {
    /// Whether anything is posted or pending in an account of the user.
    fileprivate func hasMoney(_ user: String) throws -> Bool {
        try exists(
            """
            SELECT 1 FROM accounts WHERE owner = ?
                AND (credits_posted <> debits_posted OR credits_pending > 0 OR debits_pending > 0)
            """, .text(user))
    }

    /// Whether the accounts of the user were closed for good.
    func isClosed(user: String) throws -> Bool {
        try exists("SELECT 1 FROM closed_users WHERE id = ?", .text(user))
    }
}
