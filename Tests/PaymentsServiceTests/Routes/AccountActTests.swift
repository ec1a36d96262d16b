import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

/// What an owner does to an account: name it, freeze it, close it.
@Suite struct AccountActTests {
    private func rename(
        _ service: ServiceFixture, _ id: String, _ body: String, ifMatch tag: String? = nil, as user: String = "ann"
    ) async throws -> Answer {
        var fields: HTTPFields = [:]
        fields[.ifMatch] = tag
        return try await service.send(.patch, "/v1/accounts/\(id)", as: user, body: body, fields: fields)
    }

    @Test func aNameIsGivenAtTheStartAndChanged() async throws {
        let service = try await ServiceFixture()
        let opened = try await service.post("/v1/accounts", #"{"currency":"USD","name":"Rent"}"#)
        #expect(try opened.json["name"]?.string == "Rent")
        let id = try #require(try opened.json["id"]?.string)
        let tag = try #require(try await service.send(.get, "/v1/accounts/\(id)").fields[.eTag])

        let renamed = try await rename(service, id, #"{"name":"Holiday"}"#, ifMatch: tag)
        #expect(renamed.status == 200)
        #expect(try renamed.json["name"]?.string == "Holiday")
        #expect(renamed.fields[.eTag] != tag)
        #expect(try await service.send(.get, "/v1/accounts/\(id)").bytes == renamed.bytes)
        let stale = try await rename(service, id, #"{"name":"Car"}"#, ifMatch: tag)
        #expect((stale.status, stale.code) == (412, "precondition_failed"))
        #expect(try await rename(service, id, #"{"name":"Car"}"#, ifMatch: "\"7\", *").status == 200)
        #expect(try await rename(service, id, #"{"name":null}"#).json["name"] == .null)
        #expect(try await rename(service, id, #"{"name":"Car"}"#, as: "bob").status == 404)
        #expect(try await rename(service, "sys_fees_USD", #"{"name":"Car"}"#).status == 404)
    }

    @Test(
        "Names that are none are refused at both places",
        arguments: [#""""#, #"" a""#, #""a\nb""#, "5", #""\u202eevil""#])
    func invalid(name: String) async throws {
        let service = try await ServiceFixture()
        let opened = try await service.post("/v1/accounts", #"{"currency":"USD","name":\#(name)}"#)
        #expect((opened.status, opened.code) == (422, "validation_failed"))
        #expect(try opened.json["errors"]?.array?.first?["pointer"]?.string == "/name")
        let id = try await service.bank.account(of: "ann")
        #expect(try await rename(service, id, #"{"name":\#(name)}"#).status == 422)
        for body in ["{}", #"{"name":"a","status":"open"}"#] {
            #expect(try await rename(service, id, body).status == 422)
        }
    }

    @Test("A frozen account pays nothing until it is unfrozen; the same again is the same answer")
    func freezing() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 10)
        let bob = try await service.bank.account(of: "bob")
        let pay = { (key: String) in
            try await service.post(
                "/v1/payments", key: key,
                #"{"source":"\#(ann)","destination":{"account":"\#(bob)"},"amount":1,"currency":"USD"}"#)
        }
        var frozen: Answer?
        for _ in 0..<2 {
            let answer = try await service.send(.post, "/v1/accounts/\(ann)/freeze", type: nil)
            #expect(answer.status == 200)
            #expect(try answer.json["status"]?.string == "frozen")
            #expect(try answer.json["frozen_by"]?.string == "owner")
            #expect(frozen == nil || frozen?.bytes == answer.bytes)
            frozen = answer
        }
        #expect(try await pay("a").code == "account_frozen")
        #expect(try await service.send(.post, "/v1/accounts/\(ann)/unfreeze", as: "bob").status == 404)
        let unfrozen = try await service.send(.post, "/v1/accounts/\(ann)/unfreeze", body: "{}")
        #expect(try unfrozen.json["status"]?.string == "open")
        #expect(try unfrozen.json["frozen_by"] == nil)
        #expect(try await pay("b").status == 201)
    }

    @Test("Only at zero, and for good")
    func closing() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 1)
        let bob = try await service.bank.account(of: "bob")
        let full = try await service.send(.post, "/v1/accounts/\(ann)/close", key: "full")
        #expect((full.status, full.code) == (409, "money_left"))
        _ = try await service.post(
            "/v1/payments", key: "out",
            #"{"source":"\#(ann)","destination":{"account":"\#(bob)"},"amount":1,"currency":"USD"}"#)
        let kept = try await service.send(.post, "/v1/accounts/\(ann)/close", key: "full")
        #expect(kept.bytes == full.bytes && kept.isReplay, "a refusal is kept under its key")
        let closed = try await service.send(.post, "/v1/accounts/\(ann)/close", key: "empty")
        #expect(closed.status == 200)
        #expect(try closed.json["closed_at"]?.string == "2023-11-14T22:13:20.000Z")
        for path in ["freeze", "unfreeze"] {
            let answer = try await service.send(.post, "/v1/accounts/\(ann)/\(path)")
            #expect((answer.status, answer.code) == (409, "account_closed"))
        }
        #expect(try await rename(service, ann, #"{"name":"x"}"#).code == "account_closed")
        #expect(try await service.send(.post, "/v1/accounts/\(ann)/close").status == 200)
        try await service.bank.expectBalanced()
    }

    @Test func aBodyThatSaysSomethingIsRefused() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann")
        let target = "/v1/accounts/\(ann)/freeze"
        #expect(try await service.send(.post, target, body: #"{"by":"support"}"#).status == 422)
        #expect(try await service.send(.post, target, key: "k", body: #"{"by":"support"}"#).status == 422)
        #expect(try await service.send(.post, target, type: nil, body: "by=support").status == 415)
        #expect(try await service.bank.store.account(ann)?.status == .open)
    }
}
