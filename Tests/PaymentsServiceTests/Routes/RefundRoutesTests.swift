import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct RefundRoutesTests {
    private func paid(_ service: ServiceFixture) async throws -> String {
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        let answer = try await service.post(
            "/v1/payments", key: "pay",
            #"{"source":"\#(ann)","destination":{"account":"\#(bob)"},"amount":60,"currency":"USD"}"#)
        return try #require(try answer.json["id"]?.string)
    }

    @Test func giveListAndGet() async throws {
        let service = try await ServiceFixture()
        let payment = try await paid(service)
        let body = #"{"payment":"\#(payment)","amount":20,"reason":"one coffee too many"}"#
        let given = try await service.post("/v1/refunds", as: "bob", key: "r", body)
        #expect(given.status == 201)
        let json = try given.json
        let id = try #require(json["id"]?.string)
        #expect(id.hasPrefix("rfnd_"))
        #expect(given.fields[.location] == "/v1/refunds/\(id)")
        #expect(json["status"]?.string == "succeeded" && json["payment"]?.string == payment)
        #expect(json["amount"]?.integer == 20 && json["currency"]?.string == "USD")
        #expect(json["reason"]?.string == "one coffee too many")
        let again = try await service.post("/v1/refunds", as: "bob", key: "r", body)
        #expect(again.bytes == given.bytes && again.isReplay)
        let shown = try await service.send(.get, "/v1/payments/\(payment)").json
        #expect(shown["amount_refunded"]?.integer == 20 && shown["status"]?.string == "succeeded")
        for user in ["ann", "bob"] {
            #expect(try await service.send(.get, "/v1/refunds/\(id)", as: user).bytes == given.bytes)
            for query in ["", "?payment=\(payment)"] {
                let list = try await service.send(.get, "/v1/refunds\(query)", as: user).json
                #expect(list["data"]?.array?.compactMap { $0["id"]?.string } == [id])
            }
        }
        #expect(try await service.send(.get, "/v1/refunds/\(id)", as: "eve").status == 404)
        #expect(try await service.send(.get, "/v1/refunds?payment=pay_none").json["data"]?.array?.isEmpty == true)
        #expect(try await service.send(.get, "/v1/refunds?cursor=AAAA").code == "invalid_cursor")
        let rest = try await service.post("/v1/refunds", as: "bob", key: "rest", #"{"payment":"\#(payment)"}"#)
        #expect(try rest.json["amount"]?.integer == 40)
        try await service.bank.expectBalanced()
    }

    @Test func refusals() async throws {
        let service = try await ServiceFixture()
        let payment = try await paid(service)
        let refund = { (user: String, key: String, members: String) in
            try await service.post("/v1/refunds", as: user, key: key, #"{"payment":"\#(payment)"\#(members)}"#)
        }
        #expect(try await refund("ann", "a", "").code == "not_the_payee")
        #expect(try await refund("eve", "a", "").status == 404)
        #expect(try await refund("bob", "b", #","amount":61"#).code == "refund_too_large")
        #expect(try await service.send(.post, "/v1/refunds", as: "bob", body: "{}").code == "idempotency_key_missing")
        for members in [
            #","amount":0"#, #","amount":-1"#, #","amount":1.0"#, #","amount":9223372036854775808"#, #","fee":1"#,
        ] {
            #expect(try await refund("bob", "c", members).code == "validation_failed")
        }
        #expect(try await service.post("/v1/refunds", as: "bob", key: "c", "{}").status == 422)
        #expect(try await service.bank.count("refunds") == 0)
    }
}
