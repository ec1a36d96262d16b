public import JSON
import Storage

/// What became of checking every invariant against one snapshot of a database.
public struct Verification: Sendable {
    /// One invariant, and the rows that break it.
    public struct Finding: Sendable {
        /// What was checked.
        public let invariant: Invariant
        /// How many rows break it.
        public let count: Int
        /// The first of them.
        public let faults: [Fault]
    }

    /// The sums of one currency, in minor units.
    public struct Sum: Sendable {
        /// The code of ISO 4217.
        public let currency: String
        /// How many there are, the ledger's own ones too.
        public let accounts: Int64
        /// Of all entries; the same as ``credits``.
        public let debits: Int64
        /// Of all entries.
        public let credits: Int64
    }

    /// In the order of the invariants, those without faults too.
    public let findings: [Finding]
    /// Empty for a database without a ledger.
    public let sums: [Sum]

    /// Whether every invariant holds.
    public var isClean: Bool { findings.allSatisfy { $0.count == 0 } }

    /// Checks payments-service's database at `path`: that of a service, running or not, or a copy. It stays as it is.
    ///
    /// - Parameter limit: How many rows are listed of an invariant at most.
    /// - Throws: `DatabaseError` when it cannot be read, or its schema is not the program's.
    public static func ofPayments(_ path: String, limit: Int = 20) async throws -> Verification {
        try await SQLiteDatabase.inspect(path, migrations: Schema.migrations) { reader in
            try Verification(reader, limit: limit)
        }
    }

    /// Checks another service's database at `path`: what holds in every one.
    ///
    /// - Throws: `DatabaseError` when it cannot be read.
    public static func ofAnyDatabase(_ path: String, limit: Int = 20) async throws -> Verification {
        try await SQLiteDatabase.inspect(path) { reader in
            Verification(
                findings: try Invariant.ofAnyDatabase.map { try Finding($0, reader, nil, limit: limit) }, sums: [])
        }
    }
}

extension Verification {
    /// So many faults of the books are counted; there is no sense in knowing how many more.
    private static let mostFaultsOfBooks = 10_000

    init(_ reader: any Reader, limit: Int = 20) throws {
        let books = try TrialBalance(reader, faultLimit: Self.mostFaultsOfBooks)
        findings = try Invariant.all.map { try Finding($0, reader, books, limit: limit) }
        sums = books.lines.map { line in
            Sum(currency: line.currency, accounts: line.accounts, debits: line.debits, credits: line.credits)
        }
    }
}

extension Verification.Finding {
    fileprivate init(_ invariant: Invariant, _ reader: any Reader, _ books: TrialBalance?, limit: Int) throws {
        var (count, faults): (Int, [Fault]) = (0, [])
        switch invariant.evidence {
        case .books(let find):
            let found = try find(books ?? TrialBalance(reader))
            (count, faults) = (found.count, Array(found.prefix(limit)))
        case .rows(let sql):
            try reader.forEach(sql) { row in
                count += 1
                guard faults.count < limit else { return }
                faults.append(Fault(row: try row.string(0), detail: try row.string(1)))
            }
        }
        (self.invariant, self.count, self.faults) = (invariant, count, faults)
    }
}

extension Verification {
    /// Writes `{clean, currencies: [{currency, accounts, debits, credits}], invariants: [{name, count, rows: [{row,
    /// detail}]}]}`, after the members that `head` writes.
    public func write(to json: inout JSONWriter, head: (inout JSONWriter) -> Void) {
        json.beginObject()
        head(&json)
        json.member("clean", isClean)
        json.key("currencies")
        json.beginArray()
        for sum in sums {
            json.beginObject()
            json.member("currency", sum.currency)
            json.member("accounts", sum.accounts)
            json.member("debits", sum.debits)
            json.member("credits", sum.credits)
            json.endObject()
        }
        json.endArray()
        json.key("invariants")
        json.beginArray()
        for finding in findings { finding.write(to: &json) }
        json.endArray()
        json.endObject()
    }
}

extension Verification.Finding {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", invariant.name)
        json.member("count", count)
        json.key("rows")
        json.beginArray()
        for fault in faults {
            json.beginObject()
            json.member("row", fault.row)
            json.member("detail", fault.detail)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}
