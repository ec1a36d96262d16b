import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct AccountRoutesTests {
    @Test func openListAndGet() async throws {
        let service = try await ServiceFixture()
        let opened = try await service.post("/v1/accounts", #"{"currency":"USD"}"#)
        #expect(opened.status == 201)
        let json = try opened.json
        let id = try #require(json["id"]?.string)
        #expect(opened.fields[.location] == "/v1/accounts/\(id)")
        #expect(json["currency"]?.string == "USD")
        #expect(json["balance"]?["posted"]?.integer == 0)
        #expect(json["balance"]?["pending"]?.integer == 0)
        #expect(json["balance"]?["available"]?.integer == 0)
        #expect(json["created_at"]?.string == "2023-11-14T22:13:20.000Z")

        let got = try await service.send(.get, "/v1/accounts/\(id)")
        #expect(got.status == 200)
        #expect(got.bytes == opened.bytes)
        #expect(got.fields[.eTag] == "\"1\"")
        #expect(try got.json["name"] == .null)
        let list = try await service.send(.get, "/v1/accounts").json
        #expect(list["data"]?.array?.map { $0["id"]?.string } == [id])
        #expect(list["next_cursor"] == .null)
    }

    @Test("Another user's account and none at all get the same answer")
    func foreignAccounts() async throws {
        let service = try await ServiceFixture()
        let id = try await service.bank.account(of: "bob", holding: 5)
        let none = try await service.send(.get, "/v1/accounts/acct_none")
        #expect(none.status == 404)
        for target in ["/v1/accounts/\(id)", "/v1/accounts/\(id)/entries", "/v1/accounts/sys_processor_USD"] {
            let answer = try await service.send(.get, target)
            #expect(answer.status == 404)
            #expect(answer.bytes == none.bytes)
        }
    }

    @Test(
        "What is wrong is said",
        arguments: [
            (#"{"currency":"usd"}"#, 422, "validation_failed"), (#"{"currency":"XXX"}"#, 422, "validation_failed"),
            (#"{"currency":5}"#, 422, "validation_failed"), (#"{}"#, 422, "validation_failed"),
            (#"{"currency":"USD","balance":5}"#, 422, "validation_failed"), ("[]", 422, "validation_failed"),
            (#"{"currency":"USD""#, 400, "malformed_json"), ("", 400, "malformed_json"),
        ])
    func invalid(body: String, status: Int, code: String) async throws {
        let service = try await ServiceFixture()
        let answer = try await service.post("/v1/accounts", body)
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(try await service.bank.count("accounts") == 0)
    }

    @Test func aKeyIsHonouredButNotRequired() async throws {
        let service = try await ServiceFixture()
        let first = try await service.post("/v1/accounts", key: "k", #"{"currency":"USD"}"#)
        let second = try await service.post("/v1/accounts", key: "k", #"{"currency":"USD"}"#)
        #expect(second.bytes == first.bytes)
        #expect(!first.isReplay && second.isReplay)
        #expect(second.fields[.location] == first.fields[.location])
        #expect(
            try await service.post("/v1/accounts", key: "k", #"{"currency":"EUR"}"#).code == "idempotency_key_reused")
        #expect(try await service.post("/v1/accounts", key: "k", "{").code == "idempotency_key_reused")
    }

    @Test("Pages of entries, newest first")
    func entries() async throws {
        let service = try await ServiceFixture()
        let id = try await service.bank.account(of: "ann")
        for amount in 1...5 { try await service.bank.deposit(Int64(amount), into: id, of: "ann") }
        var amounts: [Int64] = []
        var cursor = ""
        while true {
            let page = try await service.send(.get, "/v1/accounts/\(id)/entries?limit=2\(cursor)").json
            amounts += page["data"]?.array?.compactMap { $0["amount"]?.integer } ?? []
            guard let next = page["next_cursor"]?.string else { break }
            cursor = "&cursor=\(next)"
        }
        #expect(amounts == [5, 4, 3, 2, 1])
    }

    @Test("Only well-formed queries", arguments: ["limit=0", "limit=101", "limit=x", "cursor=!", "cursor=AAAA"])
    func queries(query: String) async throws {
        let service = try await ServiceFixture()
        #expect(try await service.send(.get, "/v1/accounts?\(query)").status == 400)
    }
}
