import Chassis
import HTTP
import HTTPTypes
import JSON
import Sockets

/// What the projection asks of user-service, over the gateway's own client. Each call throws when there is no answer, or
/// not the one that was expected.
struct UserServiceFeed: Sendable {
    /// What a look-up found.
    enum Found: Sendable {
        /// The key, as it was at a position of the feed.
        case key(KeyRecord, position: Int64)
        case nothing
    }

    let client: HTTPClient
    let endpoint: Endpoint
    /// Whom the identity is for; `nil` where none is sent.
    var audience: String?
    /// The identity of this gateway, for no user.
    let identity: @Sendable () throws -> String?

    /// Whether both ask the same service, so that what one has heard is what the other would hear.
    func isSame(as other: UserServiceFeed) -> Bool { endpoint == other.endpoint && audience == other.audience }

    /// One page of the snapshot.
    func snapshot(after id: String?) async throws -> SnapshotPage {
        try SnapshotPage(parsing: try await get(FollowedFeed.target(ofSnapshot: "/internal/v1/api-keys", after: id)))
    }

    /// The events after a position, as soon as there are some; `nil` when the feed cannot be followed from there.
    func events(
        after position: Int64, wait: Int64 = FollowedFeed.wait, timeout: Duration = FollowedFeed.timeout
    ) async throws -> FeedPage? {
        let (status, body) = try await send(
            .get, FollowedFeed.target(after: position, wait: wait), timeout: timeout)
        return try FeedPage(status: status, body: body, after: position)
    }

    /// The key one of whose secrets has this hash.
    func key(hash: [UInt8]) async throws -> Found {
        let (status, body) = try await send(.get, "/internal/v1/api-keys/by-hash/\(Base64URL.encode(hash))")
        if status == 404 { return .nothing }
        guard status == 200 else { throw UnexpectedStatus(status) }
        let document = try JSONValue(parsing: body)
        guard let position = document["sequence"]?.integer else { throw FeedUnusable("a key without a position") }
        return .key(try KeyRecord(document["key"] ?? .null), position: position)
    }

    /// Reports when keys were last used.
    func report(_ uses: [(id: String, at: Int64)]) async throws {
        var json = JSONWriter()
        json.beginObject()
        json.key("used")
        json.beginArray()
        for use in uses {
            json.beginObject()
            json.member("id", use.id)
            json.member("at", RFC3339.string(use.at))
            json.endObject()
        }
        json.endArray()
        json.endObject()
        let (status, _) = try await send(.post, "/internal/v1/api-keys/usage", body: json.bytes)
        guard status == 204 else { throw UnexpectedStatus(status) }
    }

    private func get(_ path: String) async throws -> [UInt8] {
        let (status, body) = try await send(.get, path)
        guard status == 200 else { throw UnexpectedStatus(status) }
        return body
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, timeout: Duration = .seconds(2)
    ) async throws -> (status: Int, body: [UInt8]) {
        var request = ClientRequest(method: method, endpoint: endpoint, target: .text(path))
        if let identity = try identity() { request.lines.append("Tollgate-Identity", identity) }
        if let body {
            request.fields[.contentType] = "application/json"
            request.body = .bytes(body)
        }
        request.timeout = timeout
        request.responseHeadTimeout = timeout
        request.connectTimeout = .seconds(1)
        let answer = try await client.execute(request)
        return (answer.head.statusCode, try await answer.body.collect(upTo: FollowedFeed.maximumLength))
    }
}
