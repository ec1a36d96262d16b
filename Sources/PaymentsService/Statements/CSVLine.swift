/// One line of a CSV file (RFC 4180).
///
/// A spreadsheet takes a cell that begins like a formula for one, and may run it. So a text of somebody's gets an apostrophe
/// in front where it begins like that (OWASP, "CSV injection"); numbers of ours are numbers, also negative ones.
struct CSVLine {
    private(set) var text = ""
    private var isEmpty = true

    /// The line with its end.
    var bytes: [UInt8] { Array((text + "\r\n").utf8) }

    /// An empty cell.
    mutating func skip() { add("") }

    /// A number, or a text of ours that has neither commas nor quotes.
    mutating func plain(_ value: some CustomStringConvertible) { add(value.description) }

    /// A text that may hold anything.
    mutating func quoted(_ value: String) {
        let safe = Self.isFormula(value) ? "'" + value : value
        add("\"" + safe.replacing("\"", with: "\"\"") + "\"")
    }

    private mutating func add(_ cell: String) {
        if !isEmpty { text += "," }
        text += cell
        isEmpty = false
    }

    private static func isFormula(_ value: String) -> Bool {
        guard let first = value.unicodeScalars.first else { return false }
        return "=+-@\t\r\n|%\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains(first)
    }
}
