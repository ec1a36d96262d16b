import Chassis
import HTTPTypes
import JSON
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct BatchTests {
    private func item(_ source: String, _ payee: String, _ amount: Int64, _ currency: String = "USD") -> String {
        #"{"source":"\#(source)","destination":{"account":"\#(payee)"},"amount":\#(amount),"currency":"\#(currency)"}"#
    }

    private func batch(_ mode: String, _ items: [String]) -> String {
        #"{"mode":"\#(mode)","items":[\#(items.joined(separator: ","))]}"#
    }

    private func expectClean(_ service: ServiceFixture, _ location: SourceLocation = #_sourceLocation) async throws {
        let verification = try await service.bank.database.read { try Verification($0) }
        #expect(verification.isClean, "\(verification.broken)", sourceLocation: location)
    }

    @Test("A thousand payments, one after the other, with an event each; a retry pays nothing")
    func thousand() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 1_000)
        let bob = try await service.bank.account(of: "bob")
        let body = batch("atomic", (0..<1_000).map { _ in item(ann, bob, 1) })
        let first = try await service.post("/v1/transfers", key: "k", body)
        #expect(first.status == 200)
        let json = try first.json
        #expect(
            json["mode"]?.string == "atomic" && json["succeeded"]?.integer == 1_000 && json["refused"]?.integer == 0)
        let ids = json["data"]?.array?.compactMap { $0["payment"]?.string } ?? []
        #expect(Set(ids).count == 1_000)
        let again = try await service.post("/v1/transfers", key: "k", body)
        #expect(again.isReplay && again.bytes == first.bytes)
        #expect(try await service.bank.balance(bob, of: "bob").posted == 1_000)
        #expect(try await service.bank.count("payments") == 1_000)
        #expect(try await service.send(.get, "/v1/payments/\(ids[999])").status == 200)
        let other = try await service.post("/v1/transfers", key: "k", batch("atomic", [item(ann, bob, 1)]))
        #expect(other.code == "idempotency_key_reused")
        try await expectClean(service)
    }

    @Test(
        "Atomic: the first refusal undoes all, and says where",
        arguments: [
            ("acct_none", "bob", Int64(1), "USD", 422, "unknown_source"),
            ("ann", "acct_none", 1, "USD", 422, "unknown_payee"),
            ("ann", "bob", 91, "USD", 402, "insufficient_funds"), ("ann", "ann", 1, "USD", 422, "same_account"),
            ("ann", "bob", 1, "JPY", 422, "currency_mismatch"), ("bob", "ann", 1, "USD", 422, "unknown_source"),
        ])
    func atomic(
        source: String, payee: String, amount: Int64, currency: String, status: Int, code: String
    ) async throws {
        let service = try await ServiceFixture()
        let ids = [
            "ann": try await service.bank.account(of: "ann", holding: 100),
            "bob": try await service.bank.account(of: "bob", holding: 5),
        ]
        let good = item(ids["ann"]!, ids["bob"]!, 10)
        let bad = item(ids[source] ?? source, ids[payee] ?? payee, amount, currency)
        let body = batch("atomic", [good, bad, good])
        let events = try await service.bank.count("outbox")
        let refused = try await service.post("/v1/transfers", key: "k", body)
        #expect(refused.status == status && refused.code == code, "\(refused.text)")
        #expect(try refused.json["errors"]?[0]?["pointer"]?.string == "/items/1")
        #expect(try await service.bank.balance(ids["ann"]!, of: "ann").posted == 100)
        #expect(try await service.bank.count("payments") == 0)
        #expect(try await service.bank.count("outbox") == events)
        let again = try await service.post("/v1/transfers", key: "k", body)
        #expect(again.isReplay && again.bytes == refused.bytes)
        try await expectClean(service)
    }

    @Test("Independent: what can be is done, in order")
    func independent() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        let items = [
            item(ann, bob, 60), item(ann, bob, 60), item("acct_none", bob, 1), item(ann, bob, 40), item(bob, ann, 1),
        ]
        let answer = try await service.post("/v1/transfers", key: "k", batch("independent", items))
        #expect(answer.status == 200)
        let data = try answer.json["data"]?.array ?? []
        #expect(data.map { $0["status"]?.string } == ["succeeded", "refused", "refused", "succeeded", "refused"])
        #expect(
            data.map { $0["code"]?.string } == [nil, "insufficient_funds", "unknown_source", nil, "unknown_source"])
        #expect(try answer.json["succeeded"]?.integer == 2 && answer.json["refused"]?.integer == 3)
        #expect(try await service.bank.balance(bob, of: "bob").posted == 100)
        #expect(try await service.post("/v1/transfers", key: "k", batch("independent", items)).isReplay)
        let text = String(decoding: service.metrics.exposition(), as: UTF8.self)
        #expect(text.contains(#"payments_total{status="refused",currency="USD"} 3"#), "\(text)")
        try await expectClean(service)
    }

    @Test("A batch's key is counted, repeated and purged like any other")
    func keys() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        let funding = try await service.bank.count("idempotency_keys")
        let (good, poor) = (batch("atomic", [item(ann, bob, 1)]), batch("atomic", [item(ann, bob, 1_000)]))
        #expect(try await service.post("/v1/transfers", key: "good", good).status == 200)
        #expect(try await service.post("/v1/transfers", key: "poor", poor).status == 402)
        for (key, body) in [("good", good), ("poor", poor)] {
            for _ in 0..<2 { #expect(try await service.post("/v1/transfers", key: key, body).isReplay) }
        }
        #expect(try await service.post("/v1/transfers", key: "poor", good).code == "idempotency_key_reused")
        let count = { (line: String) in
            String(decoding: service.metrics.exposition(), as: UTF8.self).split(separator: "\n").contains { $0 == line }
        }
        #expect(count(#"keyed_requests_total{result="first"} 2"#))
        #expect(count(#"keyed_requests_total{result="replayed"} 4"#))
        #expect(count(#"keyed_requests_total{result="reused"} 1"#))
        service.bank.clock.advance(milliseconds: PaymentsStore.keyLifetimeMilliseconds)
        #expect(try await service.bank.store.purgeKeys() == 0, "a day and an hour are not over")
        service.bank.clock.advance(milliseconds: 1)
        #expect(try await service.bank.store.purgeKeys() == 2 + funding)
        #expect(count("idempotency_keys_purged_total \(2 + funding)"))
        #expect(try await service.bank.count("idempotency_keys") == 0)
        // The key is free: the same request is another batch.
        let again = try await service.post("/v1/transfers", key: "good", good)
        #expect(again.status == 200 && !again.isReplay)
    }

    @Test("Racing retries of a batch have one effect", arguments: ["atomic", "independent"])
    func races(mode: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 1_000)
        let bob = try await service.bank.account(of: "bob")
        let body = batch(mode, (0..<5).map { _ in item(ann, bob, 7) })
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<12 { group.addTask { try await service.post("/v1/transfers", key: "k", body) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 200 } && Set(answers.map(\.bytes)).count == 1)
        #expect(try await service.bank.balance(bob, of: "bob").posted == 35)
        try await expectClean(service)
    }

    @Test(
        "What is no batch",
        arguments: [
            (#"{"mode":"atomic","items":[]}"#, "/items"), (#"{"mode":"atomic"}"#, "/items"),
            (#"{"mode":"both","items":[{}]}"#, "/mode"), (#"{"mode":"atomic","items":[{}],"more":1}"#, "/more"),
            (#"{"mode":"atomic","items":[1]}"#, "/items/0"), (#"{"mode":"atomic","items":{}}"#, "/items"),
            (
                #"{"mode":"atomic","items":[{"source":"a","destination":{"email":"b@c.de"},"amount":1,"currency":"USD"}]}"#,
                "/items/0/destination/email"
            ),
            (
                #"{"mode":"atomic","items":[{"source":"a","destination":{"account":"b"},"amount":0,"currency":"USD"}]}"#,
                "/items/0/amount"
            ),
            (
                #"{"mode":"atomic","items":[{"source":"a","destination":{"account":"b"},"amount":1,"currency":"USD","capture":"manual"}]}"#,
                "/items/0/capture"
            ),
        ])
    func unreadable(body: String, pointer: String) async throws {
        let service = try await ServiceFixture()
        let answer = try await service.post("/v1/transfers", key: "k", body)
        #expect(answer.status == 422)
        let pointers = try answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
        #expect(pointers.contains(pointer), "\(answer.text)")
        #expect(try await service.bank.count("idempotency_keys") == 0)
    }

    @Test func moreThanAThousandAreTooMany() async throws {
        let service = try await ServiceFixture()
        let body = batch("atomic", (0..<1_001).map { _ in item("a", "b", 1) })
        #expect(try await service.post("/v1/transfers", key: "k", body).status == 422)
        #expect(try await service.send(.post, "/v1/transfers", body: body).code == "idempotency_key_missing")
        #expect(
            try await service.send(.post, "/v1/transfers", scopes: "payments:read", key: "k", body: body).status == 403)
    }

    @Test("One after the other, and not too many")
    func lane() async throws {
        let lane = BatchLane()
        let (running, most) = (Collected<Int>(), Collected<Int>())
        let gate = AsyncStream<Void>.makeStream()
        let first = Task { try await lane.pass { for await _ in gate.stream { return } } }
        try await waitUntil("the first is in") { lane.isTaken }
        let others = (0..<BatchLane.mostWaiting).map { index in
            Task {
                try await lane.pass {
                    most.append(running.all.count)
                    running.append(index)
                }
            }
        }
        try await waitUntil("the others wait") { lane.waiting == BatchLane.mostWaiting }
        await #expect(throws: (any Error).self) { try await lane.pass {} }
        gate.continuation.yield()
        try await first.value
        for other in others { try await other.value }
        #expect(most.all == Array(0..<BatchLane.mostWaiting))
        #expect(!lane.isTaken)
    }
}
