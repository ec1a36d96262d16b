import Chassis
import JSON
import Storage

/// A row of the export, as it is shown, and the key after which the list goes on.
struct ExportRow: Sendable {
    let key: String
    let json: [UInt8]
}

/// A list of the export: which rows of a table are a user's, and what of them is shown. What proves something to us (a
/// hash, a salt, an encrypted seed) is left out: it says nothing about the person, and would serve a thief.
struct ExportSection: Sendable {
    enum Kind: Sendable {
        case text
        case number
        /// Milliseconds since 1970.
        case time
        /// JSON text.
        case json
    }

    let name: String
    let table: String
    /// Orders the rows, and is unique among a user's.
    let key: String
    /// The user's id is `?1`.
    let condition: String
    /// Columns that are shown in some rows alone, with the condition for that; elsewhere they are null.
    let masked: [String: String]
    let columns: [(name: String, kind: Kind)]

    init(
        _ name: String, table: String, key: String, condition: String = "user_id = ?1", masked: [String: String] = [:],
        _ columns: [(name: String, kind: Kind)]
    ) {
        self.name = name
        self.table = table
        self.key = key
        self.condition = condition
        self.masked = masked
        self.columns = columns
    }

    /// The rows after the key `?2`, `?3` at most. Made of the names above, never of input.
    var sql: SQL {
        let columns = columns.map { column in
            masked[column.name].map { "CASE WHEN \($0) THEN \(column.name) END" } ?? column.name
        }.joined(separator: ", ")
        return SQL(
            assembled: """
                SELECT \(key), \(columns) FROM \(table) WHERE (\(condition)) AND \(key) > ?2 ORDER BY \(key) LIMIT ?3
                """)
    }

    func row(_ row: Row) throws -> ExportRow {
        var json = JSONWriter()
        json.beginObject()
        for (index, column) in columns.enumerated() {
            json.key(column.name)
            try column.kind.write(row, index + 1, to: &json)
        }
        json.endObject()
        return ExportRow(key: try row.string(0), json: json.bytes)
    }
}

extension ExportSection.Kind {
    fileprivate func write(_ row: Row, _ column: Int, to json: inout JSONWriter) throws {
        switch self {
        case .text: try row.optionalString(column).write(to: &json)
        case .number: try row.optionalInt64(column).write(to: &json)
        case .time: try row.optionalInt64(column).map(RFC3339.string).write(to: &json)
        case .json:
            guard let text = try row.optionalString(column) else { return json.null() }
            json.raw(Array(text.utf8))
        }
    }
}
