import JSON
import Storage

/// The proof of the books: every balance computed anew from the entries, and compared with what the accounts say.
struct TrialBalance: Sendable, Hashable {
    /// The sums over one currency, in minor units.
    struct Line: Sendable, Hashable {
        let currency: String
        var debits: Int64 = 0
        var credits: Int64 = 0
        /// The sum of the posted balances of all accounts.
        var balances: Int64 = 0
        var accounts: Int64 = 0
        /// The sum over all entries: zero.
        var difference: Int64 { credits - debits }
    }

    /// An account whose totals are not what its history says.
    struct Mismatch: Sendable, Hashable {
        let account: String
        let field: String
        let stored: Int64
        let computed: Int64
    }

    private(set) var lines: [Line] = []
    private(set) var mismatches: [Mismatch] = []
    /// Transfers that moved money and have not exactly two entries that cancel out.
    private(set) var unbalancedTransfers: [String] = []

    /// Whether there is nothing to find fault with.
    var isBalanced: Bool {
        mismatches.isEmpty && unbalancedTransfers.isEmpty
            && lines.allSatisfy { $0.difference == 0 && $0.balances == 0 }
    }
}

extension TrialBalance {
    /// Computes it from one snapshot. The cost grows with the ledger: it is for operators, not for requests.
    ///
    /// - Parameter faultLimit: How many faults of a kind are listed at most.
    init(_ reader: any Reader, faultLimit: Int = 100) throws {
        var byCurrency: [String: Line] = [:]
        try reader.forEach(Self.accounts) { row in
            let history = try History(row)
            byCurrency[history.currency, default: Line(currency: history.currency)].add(history)
            if mismatches.count < faultLimit { mismatches += history.mismatches }
        }
        lines = byCurrency.values.sorted { $0.currency < $1.currency }
        unbalancedTransfers = try reader.all(Self.unbalanced, SQLValue(faultLimit)) { row in
            try row.string(0)
        }
    }

    /// Each account's stored totals beside those that follow from entries and from pending transfers without an end.
    private static let accounts: SQL = """
        WITH open_transfers AS (
            SELECT debit_account, credit_account, amount FROM transfers AS pending
            WHERE kind = 'pending'
                AND NOT EXISTS (SELECT 1 FROM transfers AS ending WHERE ending.pending_transfer = pending.id)
        ),
        debits_open AS (SELECT debit_account AS account, SUM(amount) AS total FROM open_transfers GROUP BY 1),
        credits_open AS (SELECT credit_account AS account, SUM(amount) AS total FROM open_transfers GROUP BY 1),
        history AS (
            SELECT account,
                SUM(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS credits,
                SUM(CASE WHEN amount < 0 THEN -amount ELSE 0 END) AS debits,
                COUNT(*) AS entries, MAX(sequence) AS last_sequence
            FROM entries GROUP BY account
        )
        SELECT accounts.id, accounts.currency,
            credits_posted, COALESCE(history.credits, 0),
            debits_posted, COALESCE(history.debits, 0),
            credits_pending, COALESCE(credits_open.total, 0),
            debits_pending, COALESCE(debits_open.total, 0),
            accounts.entries, COALESCE(history.entries, 0),
            COALESCE(history.last_sequence, 0),
            COALESCE((SELECT balance FROM entries WHERE account = accounts.id ORDER BY sequence DESC LIMIT 1), 0)
        FROM accounts
        LEFT JOIN history ON history.account = accounts.id
        LEFT JOIN credits_open ON credits_open.account = accounts.id
        LEFT JOIN debits_open ON debits_open.account = accounts.id
        ORDER BY accounts.id
        """

    private static let unbalanced: SQL = """
        SELECT transfers.id FROM transfers
        LEFT JOIN (SELECT transfer, COUNT(*) AS lines, SUM(amount) AS total FROM entries GROUP BY transfer) AS sides
            ON sides.transfer = transfers.id
        WHERE (kind IN ('direct', 'post') AND (sides.lines IS NOT 2 OR sides.total <> 0))
            OR (kind NOT IN ('direct', 'post') AND sides.lines IS NOT NULL)
        LIMIT ?
        """
}

/// One row of the comparison.
private struct History {
    let account: String
    let currency: String
    let stored: Balance
    let computed: Balance
    let counts: [(field: String, stored: Int64, computed: Int64)]

    init(_ row: Row) throws {
        account = try row.string(0)
        currency = try row.string(1)
        stored = Balance(
            creditsPosted: try row.int64(2), debitsPosted: try row.int64(4), creditsPending: try row.int64(6),
            debitsPending: try row.int64(8))
        computed = Balance(
            creditsPosted: try row.int64(3), debitsPosted: try row.int64(5), creditsPending: try row.int64(7),
            debitsPending: try row.int64(9))
        counts = [
            ("entries", try row.int64(10), try row.int64(11)),
            ("last_sequence", try row.int64(10), try row.int64(12)),
            ("last_balance", try row.int64(13), computed.posted),
        ]
    }

    var mismatches: [TrialBalance.Mismatch] {
        let totals = [
            ("credits_posted", stored.creditsPosted, computed.creditsPosted),
            ("debits_posted", stored.debitsPosted, computed.debitsPosted),
            ("credits_pending", stored.creditsPending, computed.creditsPending),
            ("debits_pending", stored.debitsPending, computed.debitsPending),
        ]
        return (totals + counts).filter { $0.1 != $0.2 }.map { field, stored, computed in
            TrialBalance.Mismatch(account: account, field: field, stored: stored, computed: computed)
        }
    }
}

extension TrialBalance.Line {
    fileprivate mutating func add(_ history: History) {
        debits += history.computed.debitsPosted
        credits += history.computed.creditsPosted
        balances += history.stored.posted
        accounts += 1
    }
}

extension TrialBalance: JSONWritable {
    /// `{balanced, currencies: [{currency, debits, credits, difference, balances, accounts}], mismatches: […],
    /// unbalanced_transfers: […]}`; amounts in minor units.
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("balanced", isBalanced)
        json.array("currencies", of: lines) { line, json in
            json.member("currency", line.currency)
            json.member("debits", line.debits)
            json.member("credits", line.credits)
            json.member("difference", line.difference)
            json.member("balances", line.balances)
            json.member("accounts", line.accounts)
        }
        json.array("mismatches", of: mismatches) { mismatch, json in
            json.member("account", mismatch.account)
            json.member("field", mismatch.field)
            json.member("stored", mismatch.stored)
            json.member("computed", mismatch.computed)
        }
        json.array("unbalanced_transfers", of: unbalancedTransfers) { transfer, json in
            json.member("transfer", transfer)
        }
        json.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func array<T>(_ name: String, of items: [T], _ members: (T, inout JSONWriter) -> Void) {
        key(name)
        beginArray()
        for item in items {
            beginObject()
            members(item, &self)
            endObject()
        }
        endArray()
    }
}

extension PaymentsStore {
    /// The trial balance of this moment.
    func trialBalance() async throws -> TrialBalance {
        try await database.read { reader in try TrialBalance(reader) }
    }
}
