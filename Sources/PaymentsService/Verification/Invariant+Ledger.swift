import Storage

/// Transfers, entries, and the totals that follow from them.
extension Invariant {
    static let ofLedger = [
        doubleEntry, entriesMatchTransfers, transferCurrencies, transferEndings, transferCauses, postedTotals,
        pendingTotals, entryNumbers, runningBalances, entryTimes,
    ]

    static let doubleEntry = Invariant(
        "double_entry",
        "A transfer that moves money has two entries that add up to zero; one that reserves or releases has none.",
        books: { books in
            books.unbalancedTransfers.map { Fault(row: $0, detail: "its entries are not two that add up to zero") }
        })

    static let entriesMatchTransfers = Invariant(
        "entries_match_transfers",
        "Every entry is one side of its transfer: its account, its amount, with the sign of the side.",
        rows: """
            SELECT account || ' #' || sequence,
                CASE WHEN id IS NULL THEN 'its transfer ' || transfer || ' is not there'
                ELSE entries.amount || ' is no side of ' || id END
            FROM entries LEFT JOIN transfers ON transfers.id = entries.transfer
            WHERE id IS NULL
                OR NOT ((account = debit_account AND entries.amount = -transfers.amount)
                    OR (account = credit_account AND entries.amount = transfers.amount))
            """)

    static let transferCurrencies = Invariant(
        "transfer_currencies",
        "Both accounts of a transfer are in its currency: with `double_entry`, each currency adds up to zero.",
        rows: """
            SELECT transfers.id, transfers.currency || ' from ' || debit.currency || ' to ' || credit.currency
            FROM transfers
            JOIN accounts AS debit ON debit.id = debit_account
            JOIN accounts AS credit ON credit.id = credit_account
            WHERE transfers.currency <> debit.currency OR transfers.currency <> credit.currency
            """)

    static let transferEndings = Invariant(
        "transfer_endings",
        "What ends a transfer ends a pending one, between its accounts: a post at most its amount, a release all of it.",
        rows: """
            SELECT ending.id,
                ending.kind || ' of ' || ending.amount || ' ends ' || pending.id || ', ' || pending.kind || ' of '
                    || pending.amount
            FROM transfers AS ending JOIN transfers AS pending ON pending.id = ending.pending_transfer
            WHERE pending.kind <> 'pending' OR ending.debit_account <> pending.debit_account
                OR ending.credit_account <> pending.credit_account OR ending.currency <> pending.currency
                OR ending.amount > pending.amount OR (ending.kind <> 'post' AND ending.amount <> pending.amount)
            """)

    static let postedTotals = Invariant(
        "posted_totals", "An account's posted credits and debits are the sums of its entries.",
        books: { $0.faults(of: ["credits_posted", "debits_posted"]) })

    static let pendingTotals = Invariant(
        "pending_totals",
        "An account's pending credits and debits are the sums of its pending transfers without an end.",
        books: { $0.faults(of: ["credits_pending", "debits_pending"]) })

    static let entryNumbers = Invariant(
        "entry_numbers", "An account's entries are numbered from 1 without gaps, up to the number that it counts.",
        books: { $0.faults(of: ["entries", "last_sequence"]) })

    static let runningBalances = Invariant(
        "running_balances", "Every entry's balance is that of the entry before it, plus its amount.",
        rows: """
            SELECT account || ' #' || sequence, 'balance ' || balance || ', computed ' || (before + amount)
            FROM (
                SELECT account, sequence, amount, balance,
                    LAG(balance, 1, 0) OVER (PARTITION BY account ORDER BY sequence) AS before
                FROM entries)
            WHERE balance <> before + amount
            """)

    static let entryTimes = Invariant(
        "entry_times", "An account's entries are in the order of their times, and it knows the time of its last one.",
        rows: """
            SELECT account || ' #' || sequence, 'earlier than the entry before it'
            FROM (
                SELECT account, sequence, created_at,
                    LAG(created_at) OVER (PARTITION BY account ORDER BY sequence) AS before
                FROM entries)
            WHERE created_at < before
            UNION ALL
            -- An account that was closed before this was written down has nothing there.
            SELECT id, 'last_entry_at ' || last_entry_at || ', computed ' || computed
            FROM (
                SELECT id, status, last_entry_at, COALESCE((
                    SELECT created_at FROM entries WHERE account = accounts.id ORDER BY sequence DESC LIMIT 1
                ), 0) AS computed
                FROM accounts)
            WHERE last_entry_at <> computed AND NOT (status = 'closed' AND last_entry_at = 0)
            """)
}

extension TrialBalance {
    /// The mismatches of some fields.
    fileprivate func faults(of fields: Set<String>) -> [Fault] {
        mismatches.filter { fields.contains($0.field) }.map {
            Fault(row: $0.account, detail: "\($0.field) \($0.stored), computed \($0.computed)")
        }
    }
}
