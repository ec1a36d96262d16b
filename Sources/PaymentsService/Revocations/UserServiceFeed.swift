import Chassis
import HTTP
import HTTPTypes

/// Where revocations come from.
protocol RevocationFeed: Sendable {
    /// The events after a position, as soon as there are some; `nil` when the feed cannot be followed from there.
    func events(after position: Int64) async throws -> FeedPage?
    /// What to begin with.
    func snapshot() async throws -> LockSnapshot
}

/// The feed of user-service.
struct UserServiceFeed: RevocationFeed {
    /// So many users may be locked; more would be an attack, and not be followed.
    static let maximumLocked = 1_000_000

    let users: ServiceClient

    func events(after position: Int64) async throws -> FeedPage? {
        let (status, body) = try await get(FollowedFeed.target(after: position), timeout: FollowedFeed.timeout)
        return try FeedPage(status: status, body: body, after: position)
    }

    func snapshot() async throws -> LockSnapshot {
        let first = try await page(after: nil)
        var (whole, next) = (first.snapshot, first.next)
        while let after = next {
            let page = try await page(after: after)
            whole.users += page.snapshot.users
            next = page.next
            guard whole.users.count <= Self.maximumLocked else { throw FeedUnusable("too many locked users") }
        }
        return whole
    }

    private func page(after id: String?) async throws -> LockSnapshotPage {
        let (status, body) = try await get(
            FollowedFeed.target(ofSnapshot: "/internal/v1/locked-users", after: id), timeout: .seconds(2))
        guard status == 200 else { throw UnexpectedStatus(status) }
        return try LockSnapshotPage(parsing: body)
    }

    private func get(_ target: String, timeout: Duration) async throws -> (status: Int, body: [UInt8]) {
        let answer = try await users.send(.get, target, timeout: timeout)
        return (answer.head.statusCode, try await answer.body.collect(upTo: FollowedFeed.maximumLength))
    }
}
