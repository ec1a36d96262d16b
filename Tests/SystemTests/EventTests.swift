import HTTP
import HTTPTypes
import JSON
import Sockets
import Testing

/// Events through the gateway, with real processes behind it.
@Suite struct EventTests {
    @Test func bothSidesListWhatHappened() async throws {
        let api = try await SharedSystem.system.api
        let (ada, grace) = (try await Person(api), try await Person(api, name: "Grace"))
        let (purse, other) = (try await ada.openAccount(), try await grace.openAccount())
        try await ada.deposit(1_000, to: purse)
        let paid = try await ada.pay(400, from: purse, to: other, key: "event")
        let ofAda = try await api.send(.get, "/api/v1/events", token: ada.token)
        #expect(ofAda.body["data"]?.array?.map { $0["type"] } == ["deposit.succeeded", "payment.succeeded"])
        let ofGrace = try await api.send(.get, "/api/v1/events?type=payment.succeeded", token: grace.token)
        #expect(ofGrace.body["data"]?.array?.map { $0["data"] } == [paid.body])
        #expect(ofGrace.body["data"]?[0] == ofAda.body["data"]?[1])
    }

    @Test func aStreamIsResumedAndEndsWithTheSession() async throws {
        let system = try await SharedSystem.system
        let (ada, grace) = (try await Person(system.api), try await Person(system.api, name: "Grace"))
        let (purse, other) = (try await ada.openAccount(), try await grace.openAccount())
        try await ada.deposit(1_000, to: purse)

        let client = HTTPClient(group: try EventLoopGroup(count: 1), resolver: Resolver())
        let first = try await EventReader(client, system, grace)
        #expect(first.type == "text/event-stream")
        #expect(try await first.next() == nil)
        _ = try await ada.pay(1, from: purse, to: other, key: "one")
        let one = try #require(try await first.next())
        #expect(one.json["data"]?["amount"] == 1)
        first.cancel()

        _ = try await ada.pay(2, from: purse, to: other, key: "two")
        let second = try await EventReader(client, system, grace, lastEvent: one.id)
        #expect(try await second.next() == nil)
        #expect(try await second.next()?.json["data"]?["amount"] == 2)
        _ = try await ada.pay(3, from: purse, to: other, key: "three")
        #expect(try await second.next()?.json["data"]?["amount"] == 3)

        #expect(
            try await system.api.send(.delete, "/api/v1/sessions/current", token: grace.token).status == 204)
        // Ended, and not broken off: that would throw.
        #expect(try await second.hasEnded())
    }
}

/// Reads a stream of events as it arrives.
private final class EventReader {
    private let response: ClientResponse
    private var text = ""

    init(_ client: HTTPClient, _ system: RunningSystem, _ person: Person, lastEvent: String? = nil) async throws {
        var fields: HTTPFields = [.authorization: "Bearer \(person.token)"]
        if let lastEvent { fields[HTTPField.Name("Last-Event-ID")!] = lastEvent }
        var request = ClientRequest(
            endpoint: Endpoint(host: "127.0.0.1", port: system.port), target: "/api/v1/events/stream", fields: fields)
        request.timeout = .seconds(60)
        response = try await client.execute(request)
    }

    var type: String? { response.field(.contentType) }

    /// The next event; nil for a comment.
    func next() async throws -> (id: String, json: JSONValue)? {
        while !text.contains("\n\n") {
            guard let piece = try await response.body.next() else { throw SystemFailure("ended after '\(text)'") }
            text += String(decoding: piece, as: UTF8.self)
        }
        let end = try #require(text.firstRange(of: "\n\n"))
        let block = text[..<end.lowerBound]
        text = String(text[end.upperBound...])
        let value = { (name: String) in
            block.split(separator: "\n").first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
        }
        guard let id = value("id: "), let data = value("data: ") else { return nil }
        return (id, try JSONValue(parsing: Array(data.utf8)))
    }

    func hasEnded() async throws -> Bool {
        while let piece = try await response.body.next() {
            if piece.contains(UInt8(ascii: "{")) { return false }
        }
        return true
    }

    func cancel() { response.body.cancel() }
}
