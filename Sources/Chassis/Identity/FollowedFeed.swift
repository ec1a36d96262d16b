public import JSON

/// User-service's feed of events as everybody who follows it asks for it and reads it: `GET /internal/v1/events` answers
/// `{events: [{sequence, type, data, …}], next}`, as soon as there are events, in their order, at least once. Which types
/// matter, and what they mean, is the follower's own business.
public enum FollowedFeed {
    /// The longest document of the feed, or of a snapshot of what it is about, in bytes.
    public static let maximumLength = 4 << 20
    /// How long a request for events waits for one, in seconds. Short enough that the time since the last answer says how
    /// old the follower's state is.
    public static let wait: Int64 = 2
    /// How long the whole exchange may take.
    public static let timeout = Duration.seconds(wait + 3)
    /// The most events, or entries of a snapshot, of one page.
    public static let pageLength = 1_000

    /// Path and query for the events after a position.
    /// - Parameter wait: How long to wait for one, in seconds.
    public static func target(after position: Int64, wait: Int64 = wait) -> String {
        "/internal/v1/events?after=\(position)&wait=\(wait)&limit=\(pageLength)"
    }

    /// Path and query for a page of a snapshot.
    /// - Parameters:
    ///   - path: Where the snapshot is.
    ///   - id: The last entry of the page before; `nil` for the first page.
    public static func target(ofSnapshot path: String, after id: String?) -> String {
        "\(path)?limit=\(pageLength)" + (id.map { "&after=\($0)" } ?? "")
    }
}

/// One event as far as the one who follows the feed cares.
public protocol FollowedEvent: Sendable, Equatable {
    /// Its number in the feed; greater than 0.
    var sequence: Int64 { get }

    /// Reads an event. A type that is not known is no error: it came later than this program.
    /// - Throws: ``FeedUnusable`` for one that does not say what it has to.
    init(_ json: JSONValue) throws(FeedUnusable)
}

/// A part of the feed.
public struct FollowedPage<Event: FollowedEvent>: Sendable, Equatable {
    /// In the order of their numbers; those that were asked for may be among them again.
    public let events: [Event]
    /// Where the feed goes on.
    public let next: Int64

    /// A page.
    public init(events: [Event], next: Int64) {
        self.events = events
        self.next = next
    }

    /// What the feed answered; `nil` when it cannot be followed from there (410): a snapshot is needed.
    /// - Parameter after: The position that was asked for: a feed never goes back.
    /// - Throws: ``UnexpectedStatus``, ``FeedUnusable``, or an error of the JSON reader.
    public init?(status: Int, body: [UInt8], after: Int64) throws {
        if status == 410 { return nil }
        guard status == 200 else { throw UnexpectedStatus(status) }
        try self.init(parsing: body, after: after)
    }

    /// - Parameter after: The position that was asked for: a feed never goes back.
    /// - Throws: ``FeedUnusable``, or an error of the JSON reader.
    public init(parsing bytes: [UInt8], after: Int64) throws {
        let document = try JSONValue(parsing: bytes, limits: .init(bytes: FollowedFeed.maximumLength))
        guard let events = document["events"]?.array, let next = document["next"]?.integer, next >= after else {
            throw FeedUnusable("a page without events or position")
        }
        self.events = try events.map { try Event($0) }
        self.next = next
    }
}

/// Where a page of a snapshot belongs in the feed.
public struct SnapshotPosition: Sendable, Hashable {
    /// The position of the feed at which the page was read.
    public let sequence: Int64
    /// Where to follow the feed from, so that every revocation of a session that still matters is seen; never behind
    /// ``sequence``.
    public let replayAfter: Int64
    /// The id to go on after; `nil` on the last page.
    public let next: String?

    /// Reads `sequence`, `replay_after` and `next`.
    /// - Throws: ``FeedUnusable``.
    public init(_ document: JSONValue) throws(FeedUnusable) {
        guard let sequence = document["sequence"]?.integer, let replayAfter = document["replay_after"]?.integer else {
            throw FeedUnusable("a snapshot without position")
        }
        self.sequence = sequence
        self.replayAfter = min(replayAfter, sequence)
        next = document["next"]?.string
    }
}

/// User-service said something that cannot be followed.
public struct FeedUnusable: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is missing or wrong; never what was said.
    public let description: String

    /// Something that cannot be followed for the reason `description`.
    public init(_ description: String) { self.description = description }
}
