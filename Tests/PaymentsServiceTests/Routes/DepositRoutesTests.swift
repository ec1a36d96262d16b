import Chassis
import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct DepositRoutesTests {
    private func body(_ account: String, _ source: String = "card_ok", _ amount: String = "500") -> String {
        #"{"account":"\#(account)","amount":\#(amount),"source":"\#(source)"}"#
    }

    @Test func aGoodCardIsFinalBeforeTheAnswer() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", "KWD")
        let answer = try await service.post("/v1/deposits", key: "k", body(ann))
        #expect(answer.status == 201)
        let json = try answer.json
        let id = try #require(json["id"]?.string)
        #expect(json["status"]?.string == "succeeded")
        #expect(json["currency"]?.string == "KWD")
        #expect(answer.fields[.location] == "/v1/deposits/\(id)")
        #expect(try await service.bank.balance(ann, of: "ann").available == 500)
        #expect(try await service.send(.get, "/v1/deposits/\(id)").bytes == answer.bytes)
        let foreign = try await service.send(.get, "/v1/deposits/\(id)", as: "bob")
        #expect(foreign.status == 404)
        #expect(foreign.bytes == (try await service.send(.get, "/v1/deposits/dep_none", as: "bob").bytes))
        let replay = try await service.post("/v1/deposits", key: "k", body(ann))
        #expect(replay.bytes == answer.bytes && replay.isReplay && replay.status == 201)
        #expect(replay.fields[.location] == answer.fields[.location])
        #expect(try await service.bank.balance(ann, of: "ann").available == 500)
    }

    @Test("The processor alone decides which cards there are")
    func otherProcessor() async throws {
        let service = try await ServiceFixture(processor: ScriptedProcessor(.succeeded))
        let ann = try await service.bank.account(of: "ann")
        #expect(try await service.post("/v1/deposits", key: "k", body(ann, "tok_visa")).status == 201)
        let sandbox = try await ServiceFixture()
        let other = try await sandbox.bank.account(of: "ann")
        let refused = try await sandbox.post("/v1/deposits", key: "k", body(other, "tok_visa"))
        #expect(refused.status == 422)
        #expect(try refused.json["errors"]?[0]?["pointer"]?.string == "/source")
        #expect(try refused.json["errors"]?[0]?["detail"]?.string?.hasPrefix("must be one of card_ok, ") == true)
    }

    @Test func aDeclinedCardIs402() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann")
        let answer = try await service.post("/v1/deposits", key: "k", body(ann, "card_declined"))
        #expect(answer.status == 402)
        #expect(answer.code == "card_declined")
        let replay = try await service.post("/v1/deposits", key: "k", body(ann, "card_declined"))
        #expect(replay.status == 402 && replay.isReplay && replay.bytes == answer.bytes)
        #expect(try await service.bank.balance(ann, of: "ann") == Balance())
        try await service.bank.expectBalanced()
    }

    @Test func aSlowCardIsProcessingAndEnds() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann")
        let answer = try await service.post("/v1/deposits", key: "k", body(ann, "card_slow"))
        #expect(answer.status == 202)
        #expect(try answer.json["status"]?.string == "processing")
        let location = try #require(answer.fields[.location])
        #expect(try await service.send(.get, location).json["status"]?.string == "processing")
        #expect(try await service.bank.balance(ann, of: "ann").pending == 500)

        service.bank.clock.advance(seconds: 2)
        #expect(try await service.saga.resume() == 1)
        #expect(try await service.send(.get, location).json["status"]?.string == "succeeded")
        #expect(try await service.bank.balance(ann, of: "ann").posted == 500)
        let replay = try await service.post("/v1/deposits", key: "k", body(ann, "card_slow"))
        #expect(replay.status == 202 && replay.isReplay && replay.bytes == answer.bytes)
        try await service.bank.expectBalanced()
    }

    @Test("A second request while the processor is being asked is told to wait")
    func inProgress() async throws {
        let processor = HeldProcessor()
        let service = try await ServiceFixture(processor: processor)
        let ann = try await service.bank.account(of: "ann")
        async let first = service.post("/v1/deposits", key: "k", body(ann))
        await processor.isAsked()
        let second = try await service.post("/v1/deposits", key: "k", body(ann))
        #expect(second.status == 409)
        #expect(second.code == "idempotency_in_progress")
        #expect(second.fields[.retryAfter] == "1")
        #expect(
            try await service.post("/v1/deposits", key: "k", body(ann, "card_slow")).code == "idempotency_key_reused")
        processor.answer(.succeeded)
        #expect(try await first.status == 201)
        #expect(try await service.post("/v1/deposits", key: "k", body(ann)).status == 201)
    }

    @Test(
        "What is wrong is said",
        arguments: [
            ("card_unknown", "5"), ("bank_ok", "5"), ("", "5"), ("card_ok", "0"), ("card_ok", "-5"), ("card_ok", "5.0"),
        ])
    func invalid(source: String, amount: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann")
        let answer = try await service.post("/v1/deposits", key: "k", body(ann, source, amount))
        #expect(answer.status == 422)
        #expect(answer.code == "validation_failed")
        #expect(try await service.bank.count("processor_operations") == 0)
    }

    @Test func onlyIntoOnesOwnAccount() async throws {
        let service = try await ServiceFixture()
        let bob = try await service.bank.account(of: "bob")
        let theirs = try await service.post("/v1/deposits", key: "k", body(bob))
        let none = try await service.post("/v1/deposits", key: "k", body("acct_none"))
        #expect(theirs.status == 404 && none.status == 404)
        #expect(theirs.bytes == none.bytes)
    }
}
