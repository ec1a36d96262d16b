import Chassis
import JSON
import Storage

/// An event as it is listed, streamed and delivered.
struct StoredEvent: Sendable, Hashable {
    /// Its place in the order in which everything happened. Numbers grow; the ones between belong to others.
    let sequence: Int64
    /// `evt_…`
    let id: String
    /// A ``Event/Kind``, or what an earlier version called it.
    let type: String
    /// The object as it was when it happened, as JSON.
    let data: [UInt8]
    /// Milliseconds since 1970.
    let createdAt: Int64
    /// The position of the write that it comes from; known where it is distributed.
    var trace: String?
}

extension StoredEvent: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("type", type)
        json.member("sequence", sequence)
        json.member("created_at", RFC3339.string(createdAt))
        json.key("data")
        json.raw(data)
        json.endObject()
    }
}

extension StoredEvent {
    /// What ``init(_:)`` reads.
    static let columns: SQL = "SELECT sequence, id, type, data, created_at FROM outbox"

    init(_ row: Row) throws {
        self.init(
            sequence: try row.int64(0), id: try row.string(1), type: try row.string(2), data: try row.bytes(3),
            createdAt: try row.int64(4))
    }
}

/// A part of a user's events, in the order in which they happened.
struct EventPage: Sendable, Hashable {
    var events: [StoredEvent]
    /// Where to go on: nothing of the user's lies between the last of `events` and this.
    var next: Int64
    /// Whether more may follow at once.
    var hasMore: Bool
}
