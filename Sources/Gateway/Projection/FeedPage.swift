import Chassis
import JSON

/// One event of user-service's feed, as far as the gateway cares.
struct FeedEvent: FollowedEvent {
    enum Change: Sendable, Equatable {
        /// A key was made, or has another secret.
        case key(KeyRecord)
        case keyEnded(String)
        case sessionEnded(String)
        /// Nothing of this user is accepted any more, neither tokens nor keys.
        case userLocked(String)
        case userUnlocked(String)
        /// The user has these roles, and no others, from now on.
        case rolesChanged(user: String, roles: Set<String>)
        /// User-service's key set is another one.
        case keySet
        /// Somebody else's business.
        case other
    }

    let sequence: Int64
    let change: Change

    init(sequence: Int64, change: Change) {
        self.sequence = sequence
        self.change = change
    }

    /// - Throws: ``FeedUnusable``; an event of a type that is not known here is `other`.
    init(_ json: JSONValue) throws(FeedUnusable) {
        guard let sequence = json["sequence"]?.integer, sequence > 0, let type = json["type"]?.string else {
            throw FeedUnusable("an event without sequence or type")
        }
        self.sequence = sequence
        change = try Self.change(type, json["data"] ?? .null)
    }

    private static func change(_ type: String, _ data: JSONValue) throws(FeedUnusable) -> Change {
        switch type {
        case "api_key.created", "api_key.rotated":
            return .key(try KeyRecord(data["key"] ?? .null))
        case "api_key.revoked":
            guard let id = data["key"]?["id"]?.string else { throw FeedUnusable("a revocation without a key") }
            return .keyEnded(id)
        case "session.revoked":
            guard let id = data["session"]?.string else { throw FeedUnusable("a revocation without a session") }
            return .sessionEnded(id)
        // Who is gone is as good as locked for ever.
        case "user.locked", "user.deleted":
            return .userLocked(try user(data))
        case "user.unlocked":
            return .userUnlocked(try user(data))
        case "user.roles_changed":
            guard let roles = data["roles"]?.array else { throw FeedUnusable("a change of roles without roles") }
            return .rolesChanged(user: try user(data), roles: Set(roles.compactMap(\.string)))
        case "signing_keys.changed":
            return .keySet
        default:
            return .other
        }
    }

    private static func user(_ data: JSONValue) throws(FeedUnusable) -> String {
        guard let user = data["user"]?.string else { throw FeedUnusable("an event of a user without the user") }
        return user
    }
}

/// A part of the feed.
typealias FeedPage = FollowedPage<FeedEvent>

/// A part of the snapshot with which a new replica begins.
struct SnapshotPage: Sendable {
    let keys: [KeyRecord]
    /// The id to go on after; `nil` on the last page.
    let next: String?
    /// The position of the feed at which the page was read.
    let sequence: Int64
    /// Where to follow the feed from, so that every revocation of a session that still matters is seen.
    let replayAfter: Int64

    init(keys: [KeyRecord], next: String? = nil, sequence: Int64, replayAfter: Int64) {
        self.keys = keys
        self.next = next
        self.sequence = sequence
        self.replayAfter = replayAfter
    }

    /// - Throws: ``FeedUnusable``, or an error of the JSON reader.
    init(parsing bytes: [UInt8]) throws {
        let document = try JSONValue(parsing: bytes, limits: .init(bytes: FollowedFeed.maximumLength))
        let position = try SnapshotPosition(document)
        guard let keys = document["keys"]?.array else { throw FeedUnusable("a snapshot without keys") }
        self.init(
            keys: try keys.map { try KeyRecord($0) }, next: position.next, sequence: position.sequence,
            replayAfter: position.replayAfter)
    }
}
