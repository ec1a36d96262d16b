import Storage
import TestSupport
import Testing

@testable import PaymentsService

extension RandomHistory {
    mutating func compareSome() async throws {
        for _ in 0..<3 { try await compareAccount(pick(model.accounts.keys.sorted())) }
    }

    private func compareAccount(_ id: String) async throws {
        let expected = try #require(model.accounts[id])
        let account = try #require(try await bank.store.account(id, of: expected.owner))
        #expect(account.status == expected.status && account.frozenBy == expected.frozenBy, "step \(step): \(id)")
        #expect(account.balance.posted == expected.posted, "step \(step): \(id)")
        #expect(account.balance.creditsPending == expected.incoming, "step \(step): \(id)")
        #expect(account.balance.debitsPending == expected.reserved, "step \(step): \(id)")
    }

    /// Everything, and every invariant.
    func compareAll() async throws {
        for id in model.accounts.keys { try await compareAccount(id) }
        for (id, expected) in model.payments {
            let owner = try #require(model.accounts[expected.source]).owner
            let payment = try #require(try await bank.store.payment(id, of: owner))
            #expect(payment.status == expected.status && payment.captured == expected.captured, "\(id)")
            #expect(payment.refunded == expected.refunded, "\(id)")
        }
        #expect(try await bank.count("payments") == model.payments.count)
        #expect(try await bank.count("refunds") == model.refunds)
        #expect(try await bank.count("processor_operations") == model.operations.count)
        #expect(try await bank.count("audit_log") == model.lines)
        #expect(try await bank.count("idempotency_keys") == kept.count, "a key for each answer that is kept")
        #expect(try await bank.database.read { try $0.lastEvent() } == Int64(model.told))
        let verification = try await bank.database.read { reader in try Verification(reader) }
        #expect(verification.isClean, "\(verification.broken)")
    }
}
