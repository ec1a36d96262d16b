import Chassis
import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct WithdrawalRoutesTests {
    private func body(
        _ account: String, _ destination: String = "bank_ok", _ amount: String = "500", more: String = ""
    ) -> String {
        #"{"account":"\#(account)","amount":\#(amount),"destination":"\#(destination)"\#(more)}"#
    }

    @Test func aGoodBankIsFinalBeforeTheAnswer() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", "KWD", holding: 800)
        let request = body(ann, more: #","currency":"KWD""#)
        let answer = try await service.post("/v1/withdrawals", key: "k", request)
        #expect(answer.status == 201)
        let json = try answer.json
        let id = try #require(json["id"]?.string)
        #expect(id.hasPrefix("wdr_"))
        #expect(
            json["status"]?.string == "succeeded" && json["destination"]?.string == "bank_ok"
                && json["currency"]?.string == "KWD")
        #expect(json["source"] == nil)
        #expect(answer.fields[.location] == "/v1/withdrawals/\(id)")
        #expect(try await service.bank.balance(ann, of: "ann").posted == 300)
        #expect(try await service.send(.get, "/v1/withdrawals/\(id)").bytes == answer.bytes)
        #expect(try await service.send(.get, "/v1/deposits/\(id)").status == 404)
        #expect(try await service.send(.get, "/v1/withdrawals/\(id)", as: "bob").status == 404)
        let replay = try await service.post("/v1/withdrawals", key: "k", request)
        #expect(replay.bytes == answer.bytes && replay.isReplay)
        #expect(try await service.bank.balance(ann, of: "ann").posted == 300)
    }

    @Test(
        "What the bank refuses is 422 with the reason, and the money is back",
        arguments: [("bank_declined", "declined_by_bank"), ("bank_account_closed", "account_closed")])
    func declined(destination: String, reason: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 500)
        let answer = try await service.post("/v1/withdrawals", key: "k", body(ann, destination))
        #expect(answer.status == 422)
        #expect(answer.code == "withdrawal_declined")
        #expect(try answer.json["reason"]?.string == reason)
        let location = try #require(answer.fields[.location])
        let read = try await service.send(.get, location).json
        #expect(read["status"]?.string == "failed" && read["failure"]?.string == reason)
        #expect(try await service.bank.balance(ann, of: "ann").available == 500)
        let replay = try await service.post("/v1/withdrawals", key: "k", body(ann, destination))
        #expect(replay.isReplay && replay.bytes == answer.bytes && replay.fields[.location] == location)
    }

    @Test(
        "What is not final at once is 202, and ends",
        arguments: [("bank_slow", "succeeded"), ("bank_timeout", "succeeded"), ("bank_slow_declined", "failed")])
    func open(destination: String, end: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 500)
        let answer = try await service.post("/v1/withdrawals", key: "k", body(ann, destination))
        #expect(answer.status == 202)
        let location = try #require(answer.fields[.location])
        #expect(try await service.send(.get, location).json["status"]?.string == "processing")
        #expect(try await service.bank.balance(ann, of: "ann").available == 0)
        service.bank.clock.advance(seconds: 2)
        #expect(try await service.saga.resume() == 1)
        #expect(try await service.send(.get, location).json["status"]?.string == end)
        #expect(try await service.bank.balance(ann, of: "ann").posted == (end == "failed" ? 500 : 0))
        try await service.bank.expectBalanced()
    }

    @Test func listsAreOfOneKindAndOneUser() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 500)
        let bob = try await service.bank.account(of: "bob", holding: 500)
        var ids: [String] = []
        for number in 0..<3 {
            let answer = try await service.post("/v1/withdrawals", key: "k\(number)", body(ann, "bank_ok", "1"))
            ids.insert(try #require(try answer.json["id"]?.string), at: 0)
        }
        _ = try await service.post("/v1/withdrawals", as: "bob", key: "k", body(bob, "bank_ok", "1"))
        let first = try await service.send(.get, "/v1/withdrawals?limit=2").json
        #expect(first["data"]?.array?.compactMap { $0["id"]?.string } == Array(ids.prefix(2)))
        let cursor = try #require(first["next_cursor"]?.string)
        let second = try await service.send(.get, "/v1/withdrawals?limit=2&cursor=\(cursor)").json
        #expect(second["data"]?.array?.compactMap { $0["id"]?.string } == [ids[2]])
        #expect(second["next_cursor"] == .null)
        #expect(try await service.send(.get, "/v1/deposits").json["data"]?.array?.count == 1)
        #expect(try await service.send(.get, "/v1/deposits?cursor=\(cursor)").code == "invalid_cursor")
    }

    @Test(
        "What is wrong is said",
        arguments: [
            ("card_ok", "5", ""), ("", "5", ""), ("bank_ok", "0", ""), ("bank_ok", "5.0", ""),
            ("bank_ok", "1000000000000", ""), ("bank_ok", "5", #","currency":"XXX""#),
            ("bank_ok", "5", #","source":"card_ok""#),
        ])
    func invalid(destination: String, amount: String, more: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 500)
        let answer = try await service.post("/v1/withdrawals", key: "k", body(ann, destination, amount, more: more))
        #expect(answer.status == 422)
        #expect(answer.code == "validation_failed")
        #expect(try await service.bank.balance(ann, of: "ann").available == 500)
    }

    @Test func tooMuchIs402AndLeavesOnlyTheKey() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 499)
        let before = try await service.bank.count("transfers")
        let answer = try await service.post("/v1/withdrawals", key: "k", body(ann))
        #expect(answer.status == 402 && answer.code == "insufficient_funds")
        #expect(try await service.bank.count("transfers") == before)
        #expect(try await service.bank.count("processor_operations") == 1, "the deposit alone")
        #expect(try await service.post("/v1/withdrawals", key: "k", body(ann)).isReplay)
    }
}
