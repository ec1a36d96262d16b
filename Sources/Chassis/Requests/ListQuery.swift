public import HTTP
import HTTPTypes
public import JSON

/// What a client asks of a list: `?limit=` (1 to 100, 20 when left out) and `?cursor=`.
public struct ListQuery: Sendable, Equatable {
    /// How many rows at most.
    public let limit: Int
    /// Where to go on: the key of the last row of the page before, or `nil` for the first page.
    public let after: String?
    /// The list, see ``Cursor``.
    public let kind: String

    /// Describes a page, for tests.
    public init(limit: Int = 20, after: String? = nil, kind: String) {
        self.limit = limit
        self.after = after
        self.kind = kind
    }

    /// Reads the query of a request to the list `kind`.
    /// - Throws: ``Problem`` 400 `invalid_query` or `invalid_cursor`.
    public init(_ request: Request, kind: String) throws {
        let query = request.query
        var limit = 20
        if let text = query["limit"] {
            guard let number = Int(text), (1...100).contains(number) else {
                throw Problem(.badRequest, "invalid_query", detail: "limit must be a whole number from 1 to 100.")
            }
            limit = number
        }
        let after = try query["cursor"].map { text in try Cursor(text, kind: kind).key }
        self.init(limit: limit, after: after, kind: kind)
    }

    /// The rows to ask the database for: one more than wanted tells whether there is a next page.
    public var rows: Int { limit + 1 }

    /// The answer `{"data": [...], "next_cursor": …}` of at most ``rows`` rows that were found; `next_cursor` is `null`
    /// on the last page.
    /// - Parameters:
    ///   - key: what to go on after: the key of a row.
    ///   - write: writes one row as a JSON value.
    public func page<Row>(
        _ found: [Row], key: (Row) -> String, write: (Row, inout JSONWriter) -> Void
    ) -> Response {
        let shown = found.prefix(limit)
        var json = JSONWriter()
        json.beginObject()
        json.key("data")
        json.beginArray()
        for row in shown { write(row, &json) }
        json.endArray()
        let next = found.count > limit ? shown.last.map { Cursor(kind: kind, key: key($0)).text } : nil
        json.key("next_cursor")
        if let next { json.string(next) } else { json.null() }
        json.endObject()
        return .json(json.bytes)
    }
}
