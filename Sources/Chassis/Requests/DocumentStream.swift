public import HTTP
public import JSON

/// Writes one JSON object of any length to a body, while it is read: a page of a list is all that is held at a time.
public struct DocumentStream: Sendable {
    private let body: BodyWriter
    private var separator = "{"

    /// A document that goes to `body`.
    public init(_ body: BodyWriter) { self.body = body }

    /// Writes a member that is short.
    /// - Throws: What the body throws: the peer went away, or was too slow.
    public mutating func member(_ name: String, _ value: some JSONWritable) async throws {
        var json = JSONWriter()
        value.write(to: &json)
        try await begin(name)
        try await body.write(json.bytes)
    }

    /// Writes a member that is an array, page by page.
    /// - Parameters:
    ///   - page: The rows after one, the first ones after `nil`; none at the end.
    ///   - write: Writes a row as one JSON value.
    /// - Throws: What `page` and the body throw. The document then has no end, and the connection is cut.
    public mutating func list<Row>(
        _ name: String, page: (_ last: Row?) async throws -> [Row], write: (Row, inout JSONWriter) -> Void
    ) async throws {
        try await begin(name)
        try await body.write("[")
        var last: Row?
        while case let rows = try await page(last), !rows.isEmpty {
            var json = JSONWriter(capacity: 16 << 10)
            for row in rows { write(row, &json) }
            // The writer puts commas between its own values; this one lies between two pages.
            try await body.write(last == nil ? json.bytes : [UInt8(ascii: ",")] + json.bytes)
            last = rows.last
        }
        try await body.write("]")
    }

    /// Writes a member whose value is JSON text that arrives in pieces.
    /// - Parameter next: The next piece; `nil` at the end.
    /// - Throws: What `next` and the body throw.
    public mutating func member(_ name: String, pieces next: () async throws -> [UInt8]?) async throws {
        try await begin(name)
        while let piece = try await next() { try await body.write(piece) }
    }

    /// Ends the document.
    /// - Throws: What the body throws.
    public func end() async throws { try await body.write(separator == "{" ? "{}" : "}") }

    private mutating func begin(_ name: String) async throws {
        var json = JSONWriter()
        json.string(name)
        try await body.write(Array(separator.utf8) + json.bytes + [UInt8(ascii: ":")])
        separator = ","
    }
}
