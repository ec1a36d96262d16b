import Chassis
import JSON

/// One event of user-service's feed, as far as it concerns this service.
struct FeedEvent: FollowedEvent, Hashable {
    enum Change: Sendable, Hashable {
        case ended(Revocation.Kind, String)
        case unlocked(String)
        /// Somebody else's business, or of a type that came later than this program.
        case other
    }

    let sequence: Int64
    /// Milliseconds since 1970.
    let occurredAt: Int64
    let change: Change

    init(sequence: Int64, occurredAt: Int64, change: Change) {
        self.sequence = sequence
        self.occurredAt = occurredAt
        self.change = change
    }

    /// - Throws: ``FeedUnusable``.
    init(_ json: JSONValue) throws(FeedUnusable) {
        guard let sequence = json["sequence"]?.integer, sequence > 0, let type = json["type"]?.string,
            let occurredAt = json["occurred_at"]?.string.flatMap(RFC3339.milliseconds)
        else { throw FeedUnusable("an event without sequence, type or time") }
        self.sequence = sequence
        self.occurredAt = occurredAt
        change = try Self.change(type, json["data"] ?? .null)
    }

    private static func change(_ type: String, _ data: JSONValue) throws(FeedUnusable) -> Change {
        switch type {
        case "session.revoked": .ended(.session, try id(data["session"], type))
        case "api_key.revoked": .ended(.apiKey, try id(data["key"]?["id"], type))
        case "user.locked": .ended(.lockedUser, try id(data["user"], type))
        case "user.deleted": .ended(.erasedUser, try id(data["user"], type))
        case "user.unlocked": .unlocked(try id(data["user"], type))
        default: .other
        }
    }

    private static func id(_ value: JSONValue?, _ type: String) throws(FeedUnusable) -> String {
        guard let id = value?.string, (1...64).contains(id.utf8.count) else {
            throw FeedUnusable("an event \(type) without an id")
        }
        return id
    }
}

extension FeedEvent {
    /// What it changes here.
    /// - Parameter now: Milliseconds since 1970. The memory begins when the event is heard of: the clocks may differ.
    func effect(now: Int64) -> RevocationChange? {
        switch change {
        case .ended(let kind, let id): .add(Revocation(kind: kind, id: id, until: kind.memory.map { now + $0 }))
        case .unlocked(let user): .unlock(user)
        case .other: nil
        }
    }

    /// Whether it is about locks, which a snapshot also tells of.
    var isAboutLocks: Bool {
        switch change {
        case .ended(.lockedUser, _), .unlocked: true
        case .ended, .other: false
        }
    }
}

/// A part of the feed.
typealias FeedPage = FollowedPage<FeedEvent>

/// The locked users, with which a new follower begins.
struct LockSnapshot: Sendable, Hashable {
    var users: [String]
    /// The position of the feed at which they were read.
    let sequence: Int64
    /// Where to follow the feed from, so that every revocation of a session that still matters is seen.
    let replayAfter: Int64
}

/// A page of it.
struct LockSnapshotPage: Sendable {
    let snapshot: LockSnapshot
    /// The id to go on after; `nil` on the last page.
    let next: String?

    /// - Throws: ``FeedUnusable``, or an error of the JSON reader.
    init(parsing bytes: [UInt8]) throws {
        let document = try JSONValue(parsing: bytes, limits: .init(bytes: FollowedFeed.maximumLength))
        let position = try SnapshotPosition(document)
        guard let users = document["users"]?.array else { throw FeedUnusable("a snapshot without users") }
        snapshot = LockSnapshot(
            users: users.compactMap(\.string), sequence: position.sequence, replayAfter: position.replayAfter)
        next = position.next
    }
}
