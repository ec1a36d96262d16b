import Chassis
import HTTP
import JSON

/// Writes a statement page by page: of a busy year, a page is all that is held at a time.
struct StatementDocument: Sendable {
    let store: PaymentsStore
    let statement: Statement
    /// How many entries are read at a time: some 100 KiB.
    var pageSize = 500

    /// `{account, name, currency, from, to, opening_balance, closing_balance, entries: […]}`; amounts in minor units.
    func writeJSON(to body: BodyWriter) async throws {
        var document = DocumentStream(body)
        try await document.member("account", statement.account.id)
        try await document.member("name", statement.account.name?.text)
        try await document.member("currency", statement.account.currency)
        try await document.member("from", RFC3339.string(statement.period.from))
        try await document.member("to", RFC3339.string(statement.period.to))
        try await document.member("opening_balance", statement.opening)
        try await document.member("closing_balance", statement.closing)
        try await document.list("entries", page: page(after:)) { entry, json in entry.write(to: &json) }
        try await document.end()
    }

    /// A line of names, one for the opening balance, one for each entry, one for the closing balance.
    func writeCSV(to body: BodyWriter) async throws {
        try await body.write(Self.names)
        try await body.write(balanceLine("opening", at: statement.period.from, statement.opening))
        var last: Entry?
        while case let entries = try await page(after: last), !entries.isEmpty {
            try await body.write(entries.flatMap(line))
            last = entries.last
        }
        try await body.write(balanceLine("closing", at: statement.period.to, statement.closing))
    }

    /// The columns of the CSV form.
    private static let names = "record,sequence,created_at,transfer,amount,balance,currency,account,name\r\n"

    private func page(after last: Entry?) async throws -> [Entry] {
        try await store.entries(of: statement, after: last?.sequence, limit: pageSize)
    }

    private func line(_ entry: Entry) -> [UInt8] {
        var line = CSVLine()
        line.plain("entry")
        line.plain(entry.sequence)
        line.plain(RFC3339.string(entry.createdAt))
        line.plain(entry.transfer)
        line.plain(entry.amount)
        line.plain(entry.balance)
        end(&line)
        return line.bytes
    }

    private func balanceLine(_ record: String, at time: Int64, _ balance: Int64) -> [UInt8] {
        var line = CSVLine()
        line.plain(record)
        line.skip()
        line.plain(RFC3339.string(time))
        line.skip()
        line.skip()
        line.plain(balance)
        end(&line)
        return line.bytes
    }

    private func end(_ line: inout CSVLine) {
        line.plain(statement.account.currency)
        line.plain(statement.account.id)
        if let name = statement.account.name { line.quoted(name.text) } else { line.skip() }
    }
}
