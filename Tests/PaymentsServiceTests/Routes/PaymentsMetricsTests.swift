import Chassis
import Testing

@testable import PaymentsService

@Suite struct PaymentsMetricsTests {
    private func pay(
        _ service: ServiceFixture, _ source: String, _ amount: Int, key: String
    ) async throws -> Answer {
        try await service.post(
            "/v1/payments", key: key,
            #"{"source":"\#(source)","destination":{"user":"bob"},"amount":\#(amount),"currency":"USD"}"#)
    }

    private func sample(_ service: ServiceFixture, _ name: String) -> Int? {
        let text = String(decoding: service.metrics.exposition(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line?.split(separator: " ").last.flatMap { Int($0) }
    }

    @Test func paymentsAndKeysAreCountedOnce() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        _ = try await service.bank.account(of: "bob")
        #expect(try await pay(service, ann, 60, key: "a").status == 201)
        for _ in 0..<2 { #expect(try await pay(service, ann, 60, key: "a").isReplay) }
        #expect(try await pay(service, ann, 60, key: "b").status == 402)
        #expect(try await pay(service, ann, 61, key: "a").code == "idempotency_key_reused")
        #expect(try await pay(service, "acct_none", 1, key: "c").status == 404)
        #expect(try await pay(service, ann, 0, key: "d").status == 422)

        #expect(sample(service, #"payments_total{status="succeeded",currency="USD"}"#) == 1)
        #expect(sample(service, #"payments_total{status="refused",currency="USD"}"#) == 1)
        let keyed = ["first": 2, "replayed": 2, "reused": 1, "not_found": 1, "in_progress": 0]
        for (result, count) in keyed {
            #expect(sample(service, #"keyed_requests_total{result="\#(result)"}"#) == count, "\(result)")
        }
    }

    @Test func depositsAreCountedWhenTheyEnd() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann")
        for (card, status) in [("card_ok", 201), ("card_declined", 402), ("card_slow", 202)] {
            let body = #"{"account":"\#(ann)","amount":50,"source":"\#(card)"}"#
            #expect(try await service.post("/v1/deposits", key: card, body).status == status)
        }
        #expect(sample(service, #"deposits_total{status="succeeded",currency="USD"}"#) == 1)
        #expect(sample(service, #"deposits_total{status="failed",currency="USD"}"#) == 1)
        #expect(sample(service, #"keyed_requests_total{result="first"}"#) == 3)
    }
}
