import HTTP
import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct ExportTests {
    private static let user = "usr_0123456789abcdefghjkmnpqrs"

    private func exported(_ bank: StoreFixture, pageSize: Int) async throws -> CollectingSink {
        let sink = CollectingSink()
        try await UserExport(store: bank.store, user: Self.user, pageSize: pageSize).write(to: BodyWriter(sink))
        return sink
    }

    private func ids(_ document: JSONValue, _ list: String, _ member: String = "id") -> [String] {
        (document[list]?.array ?? []).compactMap { $0[member]?.string }
    }

    @Test("Everything of the user, nothing of others, and the same in pages of any size")
    func everything() async throws {
        let bank = try await StoreFixture()
        let (first, empty, last) = (
            try await bank.account(of: Self.user, holding: 100), try await bank.account(of: Self.user, "EUR"),
            try await bank.account(of: Self.user, holding: 50)
        )
        let other = try await bank.account(of: "bob", holding: 10)
        for number in 1...5 {
            _ = try await bank.store.pay(
                PaymentOrder(from: first, to: other, 1), to: .account(other),
                for: bank.request(by: Self.user, "out-\(number)"))
        }
        _ = try await bank.store.pay(
            PaymentOrder(from: other, to: last, 7), to: .account(last), for: bank.request(by: "bob", "in"))

        let payment = try #require(try await bank.store.payments(of: "bob", limit: 10).last)
        for number in 1...2 {
            let request = bank.request(by: "bob", "back-\(number)")
            let order = RefundOrder(payment: payment.id, amount: nil, reason: nil)
            #expect(try await bank.store.refund(order, for: request).status == (number == 1 ? 201 : 409))
        }

        let endpoints = [try await bank.endpoint(of: Self.user), try await bank.endpoint(of: Self.user)]
        _ = try await bank.endpoint(of: "bob")
        let whole = try await exported(bank, pageSize: 1_000)
        let document = try JSONValue(parsing: whole.bytes)
        #expect(
            document.object?.map(\.name) == [
                "accounts", "entries", "deposits", "withdrawals", "payments", "refunds", "webhook_endpoints",
            ])
        #expect(ids(document, "webhook_endpoints") == endpoints.reversed())
        #expect(ids(document, "webhook_endpoints", "url") == Array(repeating: "http://example.com/hook", count: 2))
        #expect(!String(decoding: whole.bytes, as: UTF8.self).contains("secret\""))
        #expect(ids(document, "accounts") == [last, empty, first])
        #expect(ids(document, "deposits").count == 2)
        #expect(ids(document, "payments").count == 6)
        #expect(ids(document, "refunds", "payment") == [payment.id])
        let entries = try #require(document["entries"]?.array)
        #expect(ids(document, "entries", "account") == Array(repeating: first, count: 7) + [last, last])
        #expect(entries.compactMap { $0["sequence"]?.integer } == [1, 2, 3, 4, 5, 6, 7, 1, 2])
        #expect(entries.compactMap { $0["amount"]?.integer } == [100, -1, -1, -1, -1, -1, 1, 50, 7])
        for pageSize in 1...7 {
            #expect(try await exported(bank, pageSize: pageSize).bytes == whole.bytes, "\(pageSize)")
        }
        #expect(try await exported(bank, pageSize: 1).largest < whole.largest)
    }

    @Test func whoIsNotKnownHasEmptyLists() async throws {
        let bank = try await StoreFixture()
        let text = String(decoding: try await exported(bank, pageSize: 10).bytes, as: UTF8.self)
        #expect(
            text
                == #"{"accounts":[],"entries":[],"deposits":[],"withdrawals":[],"payments":[],"refunds":[],"webhook_endpoints":[]}"#
        )
    }

    @Test func theRouteStreams() async throws {
        let service = try await ServiceFixture()
        let answer = try await service.send(.get, "/internal/v1/users/\(Self.user)/export", as: nil)
        #expect(answer.status == 200)
        #expect(answer.fields[.contentType] == "application/json")
        #expect(try await service.send(.get, "/internal/v1/users/ann/export", as: nil).status == 404)
    }
}
