import Chassis
import HTTP
import HTTPTypes

/// A place in a list by time, newest first: everything after it is older.
struct ListPosition: Sendable, Hashable {
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// Decides within one millisecond.
    let id: String

    /// Before everything.
    static let start = ListPosition(createdAt: .max, id: "")

    /// The place of a payment.
    init(_ payment: Payment) { self.init(createdAt: payment.createdAt, id: payment.id) }

    /// The place of a refund.
    init(_ refund: Refund) { self.init(createdAt: refund.createdAt, id: refund.id) }

    init(createdAt: Int64, id: String) {
        self.createdAt = createdAt
        self.id = id
    }

    /// The text for a cursor.
    var key: String { "\(createdAt):\(id)" }

    /// Reads the ``key`` that a cursor holds; no cursor is the start.
    init(_ query: ListQuery) throws(Problem) {
        guard let key = query.after else {
            self = .start
            return
        }
        try self.init(key: key)
    }

    /// Reads ``key``.
    ///
    /// - Throws: `Problem` 400 `invalid_cursor`.
    init(key: String) throws(Problem) {
        let parts = key.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let time = Int64(parts[0]) else { throw Problem(.badRequest, "invalid_cursor") }
        self.init(createdAt: time, id: String(parts[1]))
    }
}
