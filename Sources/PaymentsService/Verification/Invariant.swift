import Storage

/// Something that is true of the whole database after every commit, whatever was asked, whatever failed.
///
/// A feature that keeps rows of its own adds its invariants to ``all``, and to the table of docs/ledger.md: a test holds
/// the two equal. Each comes with a planted fault in `InvariantTests`.
public struct Invariant: Sendable {
    /// How the rows that break it are found.
    enum Evidence: Sendable {
        /// A statement that yields each of them: what it is, and what is wrong with it; both TEXT.
        case rows(SQL)
        /// The trial balance names them.
        case books(@Sendable (TrialBalance) -> [Fault])
    }

    /// Stable, in snake case: scripts look for it.
    public let name: String
    /// One sentence.
    public let meaning: String
    let evidence: Evidence

    init(_ name: String, _ meaning: String, rows: SQL) {
        (self.name, self.meaning, evidence) = (name, meaning, .rows(rows))
    }

    init(_ name: String, _ meaning: String, books: @escaping @Sendable (TrialBalance) -> [Fault]) {
        (self.name, self.meaning, evidence) = (name, meaning, .books(books))
    }

    /// Every invariant of payments-service's database, in the order in which they are checked.
    public static let all =
        ofAnyDatabase + ofLedger + ofAccounts + ofOperations + ofRefunds + ofKeys + ofEvents + ofWebhooks

    /// What holds in the database of every service.
    public static let ofAnyDatabase = [integrity, foreignKeys]
}

/// A row that breaks an invariant.
public struct Fault: Sendable, Hashable {
    /// Which row it is.
    public let row: String
    /// What is wrong with it.
    public let detail: String
}
