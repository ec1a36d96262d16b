import Storage

/// Whose accounts there are, and in which state.
extension Invariant {
    static let ofAccounts = [overdrafts, closedAccounts, closedUsers, systemAccounts, paymentDays]

    static let overdrafts = Invariant(
        "overdrafts", "No user's account has paid or reserved more than it received.",
        rows: """
            SELECT id, (credits_posted - debits_posted) || ' posted, ' || debits_pending || ' reserved'
            FROM accounts WHERE owner IS NOT NULL AND credits_posted - debits_posted < debits_pending
            """)

    static let closedAccounts = Invariant(
        "closed_accounts", "A closed account is empty: nothing posted, nothing pending.",
        rows: """
            SELECT id, (credits_posted - debits_posted) || ' posted, ' || credits_pending || ' and ' || debits_pending
                || ' pending'
            FROM accounts
            WHERE status = 'closed' AND (credits_posted <> debits_posted OR credits_pending <> 0 OR debits_pending <> 0)
            """)

    static let closedUsers = Invariant(
        "closed_users", "A user whose accounts were closed for good has no other ones.",
        rows: """
            SELECT accounts.id, status || ', though ' || owner || ' was closed'
            FROM closed_users JOIN accounts ON owner = closed_users.id WHERE status <> 'closed'
            """)

    static let systemAccounts = Invariant(
        "system_accounts", "Every currency that has accounts has each of the ledger's own ones.",
        rows: SQL(
            assembled: """
                SELECT needed.id, 'is missing'
                FROM (
                    SELECT DISTINCT 'sys_' || kinds.column1 || '_' || currency AS id, currency
                    FROM accounts, (VALUES \(systemKinds)) AS kinds
                ) AS needed
                LEFT JOIN accounts
                    ON accounts.id = needed.id AND accounts.currency = needed.currency AND accounts.owner IS NULL
                WHERE accounts.id IS NULL
                """))

    /// Where there are limits; those of yesterday may be other ones.
    static let paymentDays = Invariant(
        "payment_days", "What is counted of the payments of a user in a day is not more than there were.",
        rows: """
            WITH paid AS (
                SELECT created_at / 86400000 AS day, source_owner AS owner, currency, COUNT(*) AS payments,
                    SUM(amount) AS amount
                FROM payments WHERE created_at >= (SELECT MIN(day) FROM payment_days) * 86400000 GROUP BY 1, 2, 3
            )
            SELECT owner || ' ' || currency || ' day ' || day,
                counted.payments || ' of ' || counted.amount || ', computed ' || COALESCE(paid.payments, 0) || ' of '
                    || COALESCE(paid.amount, 0)
            FROM payment_days AS counted LEFT JOIN paid USING (day, owner, currency)
            WHERE counted.payments > COALESCE(paid.payments, 0) OR counted.amount > COALESCE(paid.amount, 0)
            """)

    private static let systemKinds = SystemAccount.allCases.map { "('\($0.rawValue)')" }.joined(separator: ", ")
}
