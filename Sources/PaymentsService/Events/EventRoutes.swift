import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/v1/events`: what has happened to a user's money, as a list and as a stream (docs/events.md).
struct EventRoutes: Sendable {
    let store: PaymentsStore
    let streams: EventStreams

    func install(in router: inout Router) {
        router.get("/v1/events") { request in try await list(request) }
        router.get("/v1/events/stream") { request in try await stream(request) }
    }

    private func list(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:read")
        let query = try EventQuery(request)
        guard let page = try await store.events(of: subject, query) else { throw Problem.eventsGone }
        return .json(page.json)
    }

    private func stream(_ request: Request) async throws -> Response {
        let subject = try request.subject(allowedTo: "payments:read")
        var query = try EventQuery(request)
        query.limit = EventQuery.largestLimit
        let isNew = request.query["after"] == nil && request.field(.lastEventID) == nil
        let now = store.clock.now
        guard let lease = streams.place(for: try request.caller, user: subject, at: now) else {
            throw Problem.tooManyStreams
        }
        // After the place was taken: whatever is committed from here on wakes it.
        let last = try await store.lastEvent()
        streams.begin(at: last)
        if isNew { query.after = last }
        guard query.after <= last else { throw Problem.eventsGone }
        let follower = EventFollower(store: store, lease: lease, query: query)
        request.context.takesTime = true
        return .eventStream { stream in try await follower.follow(stream) }
    }
}

/// Sends what concerns a user, as it happens.
struct EventFollower: Sendable {
    let store: PaymentsStore
    let lease: EventStreamLease
    /// Where to begin, and what to show.
    let query: EventQuery

    func follow(_ stream: EventStream) async throws {
        // The head goes out with it: a client knows that it is connected before anything happens.
        try await stream.sendHeartbeat()
        var query = query
        try await catchUp(&query, stream)
        for await _ in lease.place.wakes { try await catchUp(&query, stream) }
    }

    private func catchUp(_ query: inout EventQuery, _ stream: EventStream) async throws {
        var hasMore = true
        while hasMore, lease.place.isOpen {
            guard let page = try await store.events(of: lease.place.user, query) else { return lease.place.end() }
            for event in page.events where lease.place.isOpen { try await stream.send(event.serverSent) }
            query.after = page.next
            hasMore = page.hasMore
        }
    }
}

extension StoredEvent {
    /// As a stream sends it; a client that comes back names the `id`.
    fileprivate var serverSent: ServerSentEvent {
        ServerSentEvent(data: String(decoding: json, as: UTF8.self), event: type, id: String(sequence))
    }
}

extension EventPage: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("data")
        json.beginArray()
        for event in events { event.write(to: &json) }
        json.endArray()
        json.member("next_after", next)
        json.member("has_more", hasMore)
        json.endObject()
    }
}

extension Problem {
    /// The position is not one of this feed.
    fileprivate static let eventsGone = Problem(
        .gone, "events_gone", detail: "There is no such position. Begin again with after=0.")
    fileprivate static let tooManyStreams = Problem(
        .tooManyRequests, "too_many_streams", detail: "Too many streams are open.", fields: [.retryAfter: "5"])
}

extension HTTPField.Name {
    /// What a client of an event stream names when it comes back (WHATWG HTML section 9.2.4).
    static let lastEventID = Self("Last-Event-ID")!
}
