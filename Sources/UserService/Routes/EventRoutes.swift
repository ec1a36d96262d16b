import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/internal/v1/events`, `/internal/v1/api-keys` and `/internal/v1/locked-users`: what gateways and payments-service follow
/// so that they can check keys, sessions and users by themselves.
struct EventRoutes: Sendable {
    let events: EventStore
    let keys: APIKeyStore
    /// Lets the gateway in.
    let gateway: IdentityMiddleware
    /// Lets payments-service in.
    let payments: IdentityMiddleware
    /// Lets both in.
    let followers: IdentityMiddleware
    /// Whether the process is about to stop; waiting requests are then answered soon.
    let isDraining: @Sendable () -> Bool

    /// The longest wait for an event, in seconds.
    private static let longestWait = 30
    /// How often a waiting request looks. A look is one read of a primary key's end, and works for any number of
    /// processes on one database.
    private static let interval = Duration.milliseconds(100)
    private static let waitWhileDraining = Duration.milliseconds(300)

    func register(on router: inout Router) {
        route(.get, "/internal/v1/events", for: followers, &router) { try await feed($0) }
        route(.get, "/internal/v1/locked-users", for: payments, &router) { try await lockedUsers($0) }
        route(.get, "/internal/v1/api-keys", for: gateway, &router) { try await snapshot($0) }
        route(.get, "/internal/v1/api-keys/by-hash/{hash}", for: gateway, &router) { try await key($0) }
        route(.post, "/internal/v1/api-keys/usage", for: gateway, &router) { try await recordUse($0) }
    }

    private func route(
        _ method: HTTPRequest.Method, _ template: String, for caller: IdentityMiddleware, _ router: inout Router,
        _ handler: @escaping Handler
    ) {
        router.on(method, template, bodyLimit: 256 << 10) { try await caller.handle($0, next: handler) }
    }

    /// `GET /internal/v1/events?after=&wait=&limit=`: `{events: [{sequence, id, type, occurred_at, data}], next}` as soon
    /// as there is an event after `after`, or when `wait` seconds are over. 410 `events_gone` when the feed cannot be
    /// followed from there.
    private func feed(_ request: Request) async throws -> Response {
        let query = request.query
        let after = try query.integer("after", in: 0...Int64.max, default: 0)
        let seconds = try query.integer("wait", in: 0...Int64(Self.longestWait), default: 0)
        let limit = try query.integer("limit", in: 1...1_000, default: 100)
        if seconds > 0 { request.context.takesTime = true }
        try await wait(for: after, atMost: .seconds(seconds))
        switch try await events.events(after: after, limit: Int(limit)) {
        case .events(let found): return Self.answer(found, after: after)
        case .gone: throw Problem(.gone, "events_gone", detail: "Begin again with a snapshot.")
        }
    }

    private func wait(for position: Int64, atMost longest: Duration) async throws {
        let start = ContinuousClock.now
        while try await events.newest() == position {
            // Not at once: the consumer comes again, and is not to turn in circles until the listener closes.
            let most = isDraining() ? min(longest, Self.waitWhileDraining) : longest
            guard ContinuousClock.now - start < most else { return }
            try await Task.sleep(for: Self.interval)
        }
    }

    private static func answer(_ events: [EventStore.Stored], after: Int64) -> Response {
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("events")
        json.beginArray()
        for event in events {
            json.beginObject()
            json.member("sequence", event.sequence)
            json.member("id", event.id)
            json.member("type", event.type)
            json.member("occurred_at", RFC3339.string(event.occurredAt))
            json.key("data")
            json.raw(Array(event.data.utf8))
            json.endObject()
        }
        json.endArray()
        json.member("next", events.last?.sequence ?? after)
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }

    /// `GET /internal/v1/api-keys?after=&limit=`: `{keys: […], next, sequence, replay_after}`, the keys in the order of
    /// their ids. A consumer reads all pages, keeps `sequence` and `replay_after` of the first one, and follows the feed
    /// from `replay_after`; of the events up to `sequence` only those of sessions are news to it.
    private func snapshot(_ request: Request) async throws -> Response {
        let limit = Int(try request.query.integer("limit", in: 1...1_000, default: 1_000))
        let found = try await events.snapshot(after: request.query["after"], limit: limit)
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.key("keys")
        json.beginArray()
        for key in found.keys { key.writeRecord(to: &json) }
        json.endArray()
        json.member("next", found.keys.count == limit ? found.keys.last?.id : nil)
        json.member("sequence", found.sequence)
        json.member("replay_after", found.replayAfter)
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }

    /// `GET /internal/v1/locked-users?after=&limit=`: `{users: […], next, sequence, replay_after}`, the ids of locked users
    /// in their order. It is used as the snapshot of the keys is; of the events up to `sequence` those of locks are no news.
    private func lockedUsers(_ request: Request) async throws -> Response {
        let limit = Int(try request.query.integer("limit", in: 1...1_000, default: 1_000))
        let found = try await events.lockedUsers(after: request.query["after"], limit: limit)
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("users")
        json.beginArray()
        for user in found.users { json.string(user) }
        json.endArray()
        json.member("next", found.users.count == limit ? found.users.last : nil)
        json.member("sequence", found.sequence)
        json.member("replay_after", found.replayAfter)
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }

    /// `GET /internal/v1/api-keys/by-hash/{hash}`: `{key, sequence}`, or 404. The hash is in base64url; a secret never
    /// is a part of a URL.
    private func key(_ request: Request) async throws -> Response {
        guard let hash = Base64URL.decode(try request.parameters.require("hash")), hash.count == 32 else {
            throw Problem.notFound
        }
        let (key, sequence) = try await events.key(hash: hash)
        guard let key else { throw Problem.notFound }
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("key")
        key.writeRecord(to: &json)
        json.member("sequence", sequence)
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }

    /// `POST /internal/v1/api-keys/usage {used: [{id, at}]}`: 204.
    private func recordUse(_ request: Request) async throws -> Response {
        try await keys.recordUse(try APIKeyUsageBody(try await request.body.collect()).uses)
        return .empty(.noContent)
    }
}

extension Query {
    /// A whole number; `fallback` when it is not given.
    /// - Throws: ``Problem`` 400 `bad_query`.
    fileprivate func integer(
        _ name: String, in range: ClosedRange<Int64>, default fallback: Int64
    ) throws(Problem) -> Int64 {
        guard let text = self[name] else { return fallback }
        guard let number = Int64(text), range.contains(number) else {
            throw Problem(
                .badRequest, "bad_query",
                detail: "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
