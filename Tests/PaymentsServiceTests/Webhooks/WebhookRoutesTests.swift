import Chassis
import HTTP
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct WebhookRoutesTests {
    private static let path = "/v1/webhook-endpoints"
    private static let hook = #"{"url":"http://example.com/hook"}"#

    private func make(_ service: ServiceFixture, as user: String = "ann", _ body: String = hook) async throws -> Answer
    {
        try await service.post(Self.path, as: user, body)
    }

    private func id(_ answer: Answer) throws -> String { try #require(try answer.json["id"]?.string) }

    @Test func anEndpointIsMadeReadChangedAndRemoved() async throws {
        let service = try await ServiceFixture()
        let made = try await make(
            service, #"{"url":"http://example.com/hook","types":["payment.succeeded"],"description":"till"}"#)
        #expect(made.status == 201)
        let id = try id(made)
        #expect(id.hasPrefix("whe_"))
        #expect(made.fields[.location] == "\(Self.path)/\(id)")
        #expect(made.fields[.eTag] == "\"1\"")
        #expect(made.fields[.cacheControl] == "no-store")
        let secret = try #require(try made.json["secret"]?.string)
        #expect(secret == service.webhooks.secrets.secret(of: id, version: 1))

        let read = try await service.send(.get, "\(Self.path)/\(id)")
        #expect(read.status == 200)
        #expect(!read.text.contains("whsec_"))
        #expect(try read.json["types"]?.array?.map(\.string) == ["payment.succeeded"])
        #expect(try read.json["description"]?.string == "till")
        #expect(try read.json["enabled"] == .bool(true))
        #expect(try read.json["disabled_reason"] == .null)

        let edited = try await service.send(
            .patch, "\(Self.path)/\(id)", body: #"{"types":null,"description":null,"enabled":false}"#,
            fields: [.ifMatch: "\"1\""])
        #expect(edited.status == 200)
        #expect(edited.fields[.eTag] == "\"2\"")
        #expect(try edited.json["types"] == .null)
        #expect(try edited.json["description"] == .null)
        #expect(try edited.json["enabled"] == .bool(false))
        #expect(try edited.json["url"]?.string == "http://example.com/hook")
        #expect(!edited.text.contains("whsec_"))
        let stale = try await service.send(
            .patch, "\(Self.path)/\(id)", body: #"{"enabled":true}"#, fields: [.ifMatch: "\"1\""])
        #expect(stale.status == 412)

        let list = try await service.send(.get, Self.path)
        #expect(try list.json["data"]?.array?.map { $0["id"]?.string } == [id])
        #expect(!list.text.contains("whsec_"))
        #expect(try await service.send(.delete, "\(Self.path)/\(id)").status == 204)
        #expect(try await service.send(.get, "\(Self.path)/\(id)").status == 404)
        #expect(try await service.send(.delete, "\(Self.path)/\(id)").status == 404)
    }

    @Test(
        "What is wrong is said",
        arguments: [
            ("{}", 422, "/url"), (#"{"url":""}"#, 422, "/url"), (#"{"url":7}"#, 422, "/url"),
            (#"{"url":"example.com"}"#, 422, "/url"), (#"{"url":"http://u:p@example.com"}"#, 422, "/url"),
            (#"{"url":"http://127.0.0.1/"}"#, 422, "/url"), (#"{"url":"http://[fd00::1]/"}"#, 422, "/url"),
            (#"{"url":"http://169.254.169.254/"}"#, 422, "/url"), (#"{"url":"https://example.com/"}"#, 422, "/url"),
            (#"{"url":"http://a/","types":[]}"#, 422, "/types"),
            (#"{"url":"http://a/","types":["x"]}"#, 422, "/types/0"),
            (#"{"url":"http://a/","types":"payment.succeeded"}"#, 422, "/types"),
            (#"{"url":"http://a/","secret":"mine"}"#, 422, "/secret"),
            (#"{"url":"http://a/","enabled":1}"#, 422, "/enabled"), ("[", 400, nil), ("", 400, nil),
        ] as [(String, Int, String?)])
    func invalid(body: String, status: Int, pointer: String?) async throws {
        let service = try await ServiceFixture()
        let answer = try await make(service, body)
        #expect(answer.status == status)
        if let pointer { #expect(try answer.json["errors"]?[0]?["pointer"]?.string == pointer) }
        #expect(try await service.bank.count("webhook_endpoints") == 0)
    }

    @Test("Plain HTTP is refused unless it is allowed, and https without a proxy is told what is missing")
    func schemes() async throws {
        let closed = try await ServiceFixture(settings: [:])
        #expect(try await make(closed).status == 422)
        let answer = try await make(closed, #"{"url":"https://example.com/"}"#)
        #expect(answer.status == 422)
        #expect(try answer.json["errors"]?[0]?["detail"]?.string?.contains("WEBHOOK_EGRESS_PROXY") == true)
        let open = try await ServiceFixture(settings: ["WEBHOOK_EGRESS_PROXY": "http://egress:3128"])
        #expect(try await make(open, #"{"url":"https://example.com/"}"#).status == 201)
        #expect(try await make(open).status == 422)
    }

    @Test func anEndpointsOfAnotherUserAreLikeNone() async throws {
        let service = try await ServiceFixture()
        let id = try id(try await make(service, as: "bob"))
        let test = try await service.send(.post, "\(Self.path)/\(id)/test", as: "bob")
        let delivery = try self.id(test)
        let none = try await service.send(.get, "\(Self.path)/whe_none")
        let attempts: [(HTTPRequest.Method, String, String?)] = [
            (.get, "", nil), (.patch, "", "{}"), (.delete, "", nil), (.post, "/rotate-secret", nil),
            (.post, "/test", nil), (.get, "/deliveries", nil), (.post, "/deliveries/\(delivery)/redeliver", nil),
        ]
        for (method, rest, body) in attempts {
            let answer = try await service.send(method, "\(Self.path)/\(id)\(rest)", body: body)
            #expect(answer.status == 404, "\(method) \(rest)")
            #expect(answer.bytes == none.bytes, "\(method) \(rest)")
        }
        #expect(try await service.send(.get, Self.path).json["data"]?.array?.isEmpty == true)
    }

    @Test func scopesAreNeeded() async throws {
        let service = try await ServiceFixture()
        let id = try id(try await make(service))
        for (method, rest) in [(.get, ""), (.get, "/\(id)"), (.get, "/\(id)/deliveries")]
            as [(HTTPRequest.Method, String)]
        {
            let answer = try await service.send(method, Self.path + rest, scopes: "payments:write accounts:read")
            #expect(answer.status == 403, "\(rest)")
        }
        let writes: [(HTTPRequest.Method, String)] = [
            (.post, ""), (.patch, "/\(id)"), (.delete, "/\(id)"), (.post, "/\(id)/rotate-secret"),
            (.post, "/\(id)/test"),
            (.post, "/\(id)/deliveries/whd_1/redeliver"),
        ]
        for (method, rest) in writes {
            for scopes in ["payments:read", "payments:write"] {
                let answer = try await service.send(method, Self.path + rest, scopes: scopes, body: "{}")
                #expect(answer.status == 403, "\(method) \(rest) with \(scopes)")
            }
        }
    }

    @Test func aUserHasSoManyAndNoMore() async throws {
        let service = try await ServiceFixture(
            settings: ["WEBHOOK_ALLOW_HTTP": "on", "WEBHOOK_ENDPOINTS_PER_USER": "2"])
        let first = try id(try await make(service))
        #expect(try await make(service).status == 201)
        let third = try await make(service)
        #expect(third.status == 409)
        #expect(third.code == "webhook_endpoint_limit")
        #expect(try await make(service, as: "bob").status == 201)
        _ = try await service.send(.delete, "\(Self.path)/\(first)")
        #expect(try await make(service).status == 201)
    }

    @Test func aRotatedSecretOverlaps() async throws {
        let service = try await ServiceFixture()
        let id = try id(try await make(service))
        let rotated = try await service.send(
            .post, "\(Self.path)/\(id)/rotate-secret", body: #"{"overlap_seconds":60}"#)
        #expect(rotated.status == 200)
        #expect(try rotated.json["secret"]?.string == service.webhooks.secrets.secret(of: id, version: 2))
        #expect(try rotated.json["previous_secret_valid_until"]?.string == "2023-11-14T22:14:20.000Z")
        let endpoint = try #require(try await service.bank.store.webhookEndpoint(id))
        let now = service.bank.clock.now
        #expect(endpoint.secretVersions(at: now + 59_999) == [2, 1])
        #expect(endpoint.secretVersions(at: now + 60_000) == [2])

        let again = try await service.send(.post, "\(Self.path)/\(id)/rotate-secret")
        #expect(try again.json["previous_secret_valid_until"]?.string == "2023-11-15T22:13:20.000Z")
        let atOnce = try await service.send(
            .post, "\(Self.path)/\(id)/rotate-secret", body: #"{"overlap_seconds":0}"#)
        #expect(try atOnce.json["previous_secret_valid_until"] == .null)
        #expect(try await service.bank.store.webhookEndpoint(id)?.secretVersions(at: now) == [4])
        for body in [#"{"overlap_seconds":604801}"#, #"{"overlap_seconds":-1}"#, #"{"overlap":1}"#] {
            #expect(try await service.send(.post, "\(Self.path)/\(id)/rotate-secret", body: body).status == 422)
        }
    }

    @Test func aTestIsDeliveredListedAndSentAgain() async throws {
        let service = try await ServiceFixture()
        let id = try id(try await make(service))
        let running = Task { await service.webhooks.relay.run() }
        defer { running.cancel() }

        let test = try await service.send(.post, "\(Self.path)/\(id)/test")
        #expect(test.status == 202)
        #expect(try test.json["status"]?.string == "pending")
        #expect(try test.json["type"]?.string == "webhook.test")
        let delivery = try self.id(test)
        let listed = { (query: String) in
            try await service.send(.get, "\(Self.path)/\(id)/deliveries\(query)").json["data"]?.array ?? []
        }
        try await waitUntil("it is delivered") { try await listed("?status=delivered").count == 1 }
        let shown = try #require(try await listed("").first)
        #expect(shown["id"]?.string == delivery)
        #expect(shown["attempts"]?.integer == 1)
        #expect(shown["response_status"]?.integer == 200)
        #expect(shown["failure"] == .null)
        #expect(try await listed("?status=dead").isEmpty)
        #expect(try await service.send(.get, "\(Self.path)/\(id)/deliveries?status=lost").status == 400)
        let sent = try JSONValue(parsing: service.receivers.sent[0].body)
        #expect(sent["type"]?.string == "webhook.test")
        #expect(sent["data"]?["endpoint"]?.string == id)
        #expect(try await service.send(.get, "/v1/events").json["data"]?.array?.isEmpty == true)

        let again = try await service.send(.post, "\(Self.path)/\(id)/deliveries/\(delivery)/redeliver")
        #expect(again.status == 202)
        try await waitUntil("it is delivered again") { service.receivers.sent.count == 2 }
        #expect(service.receivers.sent.map(\.delivery.id) == [delivery, delivery])
        #expect(service.receivers.sent[0].body == service.receivers.sent[1].body)
        #expect(try await service.send(.post, "\(Self.path)/\(id)/deliveries/whd_none/redeliver").status == 404)

        _ = try await service.send(.patch, "\(Self.path)/\(id)", body: #"{"enabled":false}"#)
        for rest in ["test", "deliveries/\(delivery)/redeliver"] {
            let refused = try await service.send(.post, "\(Self.path)/\(id)/\(rest)")
            #expect(refused.status == 409)
            #expect(refused.code == "webhook_endpoint_disabled")
        }
    }
}
