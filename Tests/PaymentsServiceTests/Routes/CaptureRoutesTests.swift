import Chassis
import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct CaptureRoutesTests {
    private func authorize(
        _ service: ServiceFixture, _ amount: Int = 60, capture: String = #""manual""#, key: String = "auth"
    ) async throws -> Answer {
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        return try await service.post(
            "/v1/payments", key: key,
            """
            {"source":"\(ann)","destination":{"account":"\(bob)"},"amount":\(amount),"currency":"USD","capture":\(capture)}
            """)
    }

    @Test func authorizeAndCapture() async throws {
        let service = try await ServiceFixture()
        let paid = try await authorize(service)
        #expect(paid.status == 201)
        #expect(try paid.json["status"]?.string == "requires_capture")
        #expect(try paid.json["capture"]?.string == "manual")
        #expect(try paid.json["amount_captured"]?.integer == 0)
        #expect(try paid.json["expires_at"]?.string == "2023-11-21T22:13:20.000Z")
        let id = try #require(try paid.json["id"]?.string)
        let target = "/v1/payments/\(id)/capture"
        #expect(try await service.post(target, as: "ann", key: "c", "{}").code == "not_the_payee")
        #expect(try await service.post(target, as: "eve", key: "c", "{}").status == 404)
        let captured = try await service.post(target, as: "bob", key: "c", #"{"amount":25}"#)
        #expect(captured.status == 200)
        #expect(try captured.json["status"]?.string == "succeeded")
        #expect(try captured.json["amount_captured"]?.integer == 25)
        #expect(try captured.json["ended_at"]?.string == "2023-11-14T22:13:20.000Z")
        let again = try await service.post(target, as: "bob", key: "c", #"{"amount":25}"#)
        #expect(again.bytes == captured.bytes && again.isReplay)
        #expect(try await service.post(target, as: "bob", key: "c", #"{"amount":26}"#).code == "idempotency_key_reused")
        #expect(try await service.post(target, as: "bob", key: "d", "{}").code == "payment_not_capturable")
        #expect(try await service.send(.get, "/v1/payments/\(id)").bytes == captured.bytes)
    }

    @Test("Without a body all is captured; without a key nothing is", arguments: ["capture", "cancel"])
    func bodies(act: String) async throws {
        let service = try await ServiceFixture()
        let id = try #require(try await authorize(service).json["id"]?.string)
        let target = "/v1/payments/\(id)/\(act)"
        #expect(try await service.send(.post, target, as: "bob").code == "idempotency_key_missing")
        for body in [#"{"amount":0}"#, #"{"amount":1.0}"#, #"{"all":true}"#, "[]"] {
            #expect(try await service.post(target, as: "bob", key: "k", body).status == 422)
        }
        #expect(try await service.post(target, as: "bob", key: "k", "{").status == 400)
        #expect(try await service.send(.post, target, as: "bob", key: "k", type: nil, body: "x").status == 415)
        let ended = try await service.send(.post, target, as: "bob", key: "k", type: nil)
        #expect(ended.status == 200)
        #expect(try ended.json["amount_captured"]?.integer == (act == "capture" ? 60 : 0))
        try await service.bank.expectBalanced()
    }

    @Test("Two ways to capture, and no other", arguments: [#""Manual""#, #""""#, "true", "1"])
    func captures(capture: String) async throws {
        let service = try await ServiceFixture()
        let refused = try await authorize(service, capture: capture)
        #expect((refused.status, refused.code) == (422, "validation_failed"))
        #expect(try refused.json["errors"]?.array?.first?["pointer"]?.string == "/capture")
        let paid = try await authorize(service, capture: #""automatic""#)
        #expect(try paid.json["status"]?.string == "succeeded")
    }

    @Test func listsAreFiltered() async throws {
        let service = try await ServiceFixture()
        _ = try await authorize(service, 60, key: "one")
        service.bank.clock.advance(seconds: 3_600)
        _ = try await authorize(service, 10, capture: #""automatic""#, key: "two")
        let amounts = { (query: String) in
            try await service.send(.get, "/v1/payments?\(query)").json["data"]?.array?
                .compactMap { $0["amount"]?.integer }
        }
        #expect(try await amounts("") == [10, 60])
        #expect(try await amounts("status=requires_capture") == [60])
        #expect(try await amounts("status=canceled") == [])
        #expect(try await amounts("created_from=2023-11-14T23:00:00Z") == [10])
        #expect(try await amounts("created_to=2023-11-14T23:00:00Z") == [60])
        #expect(try await amounts("min_amount=11&max_amount=60") == [60])
        #expect(try await amounts("account=acct_none") == [])
        let page = try await service.send(.get, "/v1/payments?limit=1").json
        let cursor = try #require(page["next_cursor"]?.string)
        #expect(try await amounts("limit=1&cursor=\(cursor)") == [60])
    }

    @Test(
        "Only well-formed filters",
        arguments: [
            "status=done", "status=", "account=", "created_from=yesterday", "created_to=2023-13-01", "min_amount=-1",
            "min_amount=1.5", "max_amount=99999999999999999999", "max_amount=",
        ])
    func filters(query: String) async throws {
        let service = try await ServiceFixture()
        let answer = try await service.send(.get, "/v1/payments?\(query)")
        #expect((answer.status, answer.code) == (400, "invalid_query"))
    }
}
