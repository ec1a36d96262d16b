import Chassis
import HTTP
import HTTPTypes
import JSON
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct EventRoutesTests {
    @Test func eventsAreListedInOrder() async throws {
        let service = try await ServiceFixture()
        let account = try await service.bank.account(of: "ann", holding: 5)
        _ = try await service.bank.account(of: "bob", holding: 7)
        try await service.bank.deposit(6, into: account, of: "ann")

        let all = try await service.send(.get, "/v1/events")
        #expect(all.status == 200)
        let events = try #require(try all.json["data"]?.array)
        #expect(events.map { $0["sequence"]?.integer } == [1, 3])
        #expect(events.map { $0["data"]?["amount"]?.integer } == [5, 6])
        #expect(events[0]["type"]?.string == "deposit.succeeded")
        #expect(events[0]["id"]?.string?.hasPrefix("evt_") == true)
        #expect(events[0]["created_at"]?.string == "2023-11-14T22:13:20.000Z")
        #expect(try all.json["next_after"]?.integer == 3)
        #expect(try all.json["has_more"] == .bool(false))

        let first = try await service.send(.get, "/v1/events?limit=1").json
        #expect(first["has_more"] == .bool(true))
        #expect(first["next_after"]?.integer == 1)
        let second = try await service.send(.get, "/v1/events?limit=1&after=1").json
        #expect(second["data"]?.array?.map { $0["sequence"]?.integer } == [3])
        let failed = try await service.send(.get, "/v1/events?type=deposit.failed").json
        #expect(failed["data"]?.array?.isEmpty == true)
        let either = try await service.send(.get, "/v1/events?type=deposit.failed,deposit.succeeded").json
        #expect(either["data"]?.array?.count == 2)
    }

    @Test(
        "What is wrong is said",
        arguments: [
            ("limit=0", 400, "invalid_query"), ("limit=101", 400, "invalid_query"), ("after=x", 400, "invalid_query"),
            ("after=-1", 400, "invalid_query"), ("after=99999999999999999999", 400, "invalid_query"),
            ("type=", 400, "invalid_query"), ("type=all", 400, "invalid_query"),
            ("type=deposit.failed,", 400, "invalid_query"), ("after=1", 410, "events_gone"),
        ])
    func invalid(query: String, status: Int, code: String) async throws {
        let service = try await ServiceFixture()
        for path in ["/v1/events", "/v1/events/stream"] {
            let answer = try await service.send(.get, "\(path)?\(query)")
            #expect(answer.status == status, "\(path)")
            #expect(answer.code == code, "\(path)")
        }
        #expect(service.streams.count == 0)
    }

    @Test(arguments: ["/v1/events", "/v1/events/stream"])
    func scopesAreNeeded(path: String) async throws {
        let service = try await ServiceFixture()
        #expect(try await service.send(.get, path, scopes: "accounts:read payments:write").status == 403)
        #expect(try await service.send(.get, path, as: nil).status == 401)
    }

    @Test func aStreamSendsWhatHappensAndEndsWithTheSession() async throws {
        let service = try await ServiceFixture()
        let account = try await service.bank.account(of: "ann", holding: 5)
        try await service.following { watched in
            let stream = try await watched.open("/v1/events/stream", session: "ses_1")
            try await waitUntil("the stream has begun") { stream.text == ": \n\n" }
            _ = try await service.bank.account(of: "bob", holding: 7)
            try await service.bank.deposit(6, into: account, of: "ann")
            try await waitUntil("the event is there") { stream.events.count == 1 }
            try await service.bank.deposit(8, into: account, of: "ann")
            try await waitUntil("both events are there") { stream.events.count == 2 }
            #expect(stream.events.map(\.id) == ["3", "4"])
            #expect(stream.events.map(\.type) == ["deposit.succeeded", "deposit.succeeded"])
            #expect(try stream.events.map { try $0.json["data"]?["amount"]?.integer } == [6, 8])
            #expect(!stream.hasEnded)

            service.revocations.update { $0.apply(.add(Revocation(kind: .session, id: "ses_1", until: nil))) }
            try await waitUntil("the stream has ended") { stream.hasEnded }
            try await service.bank.deposit(9, into: account, of: "ann")
            #expect(stream.events.count == 2)
            #expect(service.streams.count == 0)
        }
    }

    @Test func aStreamGoesOnWhereAnotherOneStopped() async throws {
        let service = try await ServiceFixture()
        let account = try await service.bank.account(of: "ann", holding: 1)
        for amount in 2...150 { try await service.bank.deposit(Int64(amount), into: account, of: "ann") }
        _ = try await service.bank.store.distribute(limit: 70)
        try await service.following { watched in
            let resumed = try await watched.open("/v1/events/stream", fields: [.lastEventID: "20"])
            let whole = try await watched.open("/v1/events/stream?after=0")
            try await waitUntil("all are there") { resumed.events.count == 130 && whole.events.count == 150 }
            #expect(resumed.events.map(\.id) == (21...150).map(String.init))
            try await service.bank.deposit(1, into: account, of: "ann")
            try await waitUntil("both have the next one") { resumed.events.count == 131 && whole.events.count == 151 }
        }
    }

    @Test func streamsOfAUserAreLimited() async throws {
        let service = try await ServiceFixture(streamLimits: EventStreamLimits(perUser: 1))
        var first: Response? = try await service.respond(.get, "/v1/events/stream")
        #expect(first?.status == .ok)
        let second = try await service.send(.get, "/v1/events/stream")
        #expect(second.status == 429)
        #expect(second.code == "too_many_streams")
        #expect(second.fields[.retryAfter] == "5")
        #expect(try await service.respond(.get, "/v1/events/stream", as: "bob").status == .ok)
        // An answer that is never sent frees its place too.
        first = nil
        #expect(try await service.respond(.get, "/v1/events/stream").status == .ok)
    }
}

extension ServiceFixture {
    /// Runs `body` while the background work of the streams is under way.
    func following(_ body: (WatchedStreams) async throws -> Void) async throws {
        let logger = Logger(label: "test")
        let work: [any Service] = [
            EventWatch(store: bank.store, streams: streams, commits: bank.commits, logger: logger),
            EventDistributor(store: bank.store, commits: bank.commits, logger: logger, pause: .milliseconds(1)),
            EventStreamEnding(
                streams: streams, revocations: revocations, clock: bank.clock, isDraining: { false },
                interval: .milliseconds(5)),
        ]
        let watched = WatchedStreams(service: self)
        let tasks = work.map { service in Task { try await service.run() } }
        defer { for task in tasks { task.cancel() } }
        try await body(watched)
        watched.close()
        for task in tasks {
            task.cancel()
            try await task.value
        }
    }
}

/// Opens streams and reads them in the background.
final class WatchedStreams: Sendable {
    private let service: ServiceFixture
    private let tasks = Collected<Task<Void, any Error>>()

    init(service: ServiceFixture) { self.service = service }

    func open(_ target: String, session: String? = nil, fields: HTTPFields = [:]) async throws -> WatchedStream {
        let response = try await service.respond(.get, target, session: session, fields: fields)
        guard case .stream(_, let produce) = response.body else { throw Unexpected(response) }
        let stream = WatchedStream()
        tasks.append(
            Task {
                try await produce(BodyWriter(stream.sink))
                stream.ended.set()
            })
        return stream
    }

    func close() {
        for task in tasks.all { task.cancel() }
    }
}

/// What one stream has sent.
struct WatchedStream: Sendable {
    struct Sent: Sendable {
        var id = ""
        var type = ""
        var data = ""
        var json: JSONValue { get throws { try JSONValue(parsing: Array(data.utf8)) } }
    }

    let sink = CollectingSink()
    let ended = Flag()

    var text: String { String(decoding: sink.bytes, as: UTF8.self) }
    var hasEnded: Bool { ended.isSet }

    var events: [Sent] {
        text.split(separator: "\n\n").compactMap { block in
            var event = Sent()
            for line in block.split(separator: "\n") {
                let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { continue }
                switch parts[0] {
                case "id": event.id = parts[1]
                case "event": event.type = parts[1]
                case "data": event.data = parts[1]
                default: break
                }
            }
            return event.id.isEmpty ? nil : event
        }
    }
}
