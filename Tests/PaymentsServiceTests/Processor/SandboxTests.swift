import Chassis
import Storage
import Testing

@testable import PaymentsService

@Suite struct SandboxTests {
    private func order(
        _ instrument: String, _ kind: ProcessorOrder.Kind = .charge, key: String = "k", amount: Int64 = 5
    ) -> ProcessorOrder {
        ProcessorOrder(key: key, kind: kind, amount: amount, currency: "USD", instrument: instrument)
    }

    @Test(
        "The name decides, however often it is asked",
        arguments: [
            ("card_ok", nil), ("card_declined", "declined_by_issuer"),
            ("card_insufficient_funds", "insufficient_funds"),
            ("card_expired", "expired_card"), ("bank_ok", nil), ("bank_declined", "declined_by_bank"),
            ("bank_account_closed", "account_closed"), ("card_none", "unknown_instrument"),
        ])
    func immediate(instrument: String, reason: String?) async throws {
        let bank = try await StoreFixture()
        let sandbox = try await bank.sandbox()
        let kind: ProcessorOrder.Kind = instrument.hasPrefix("bank") ? .payout : .charge
        for _ in 0..<3 {
            let outcome = await sandbox.submit(order(instrument, kind))
            #expect(outcome == reason.map { .declined(reason: $0) } ?? .succeeded)
        }
    }

    @Test("A card pays nothing out, a bank account is not charged")
    func kinds() async throws {
        let sandbox = try await StoreFixture().sandbox()
        #expect(await sandbox.submit(order("card_ok", .payout, key: "a")) == .declined(reason: "unknown_instrument"))
        #expect(await sandbox.submit(order("bank_ok", .charge, key: "b")) == .declined(reason: "unknown_instrument"))
    }

    @Test("It says which cards and bank accounts it knows")
    func objections() async throws {
        let sandbox = try await StoreFixture().sandbox()
        #expect(sandbox.objection(to: "card_slow", for: .charge) == nil)
        #expect(sandbox.objection(to: "bank_ok", for: .payout) == nil)
        for name in ["bank_ok", "card_none", ""] {
            let text = sandbox.objection(to: name, for: .charge)
            #expect(text?.hasPrefix("must be one of card_ok, ") == true && text?.contains("bank") == false)
        }
    }

    @Test(
        "What is slow is pending until its time, also after a crash",
        arguments: [("card_slow", nil), ("card_slow_declined", "declined_by_issuer"), ("card_duplicate_callback", nil)])
    func slow(instrument: String, reason: String?) async throws {
        let bank = try await StoreFixture()
        var sandbox = try await bank.sandbox()
        #expect(await sandbox.submit(order(instrument)) == .pending)
        bank.clock.advance(milliseconds: 1_999)
        await sandbox.database.close()
        sandbox = try await bank.sandbox()
        #expect(await sandbox.submit(order(instrument)) == .pending)
        bank.clock.advance(milliseconds: 1)
        #expect(await sandbox.submit(order(instrument)) == reason.map { .declined(reason: $0) } ?? .succeeded)
    }

    @Test("An answer is lost once, and what it said stays true")
    func lostAnswer() async throws {
        let bank = try await StoreFixture()
        var sandbox = try await bank.sandbox()
        #expect(await sandbox.submit(order("card_timeout")) == .unknown)
        await sandbox.database.close()
        sandbox = try await bank.sandbox()
        #expect(await sandbox.submit(order("card_timeout")) == .succeeded)
    }

    @Test("A key that belongs to another order says nothing about this one")
    func foreignKey() async throws {
        let sandbox = try await StoreFixture().sandbox()
        #expect(await sandbox.submit(order("card_ok")) == .succeeded)
        #expect(await sandbox.submit(order("card_ok", amount: 6)) == .unknown)
        #expect(await sandbox.submit(order("card_ok")) == .succeeded)
    }

    @Test("A sandbox without its books gives no answer, and no false one")
    func broken() async throws {
        let sandbox = try await StoreFixture().sandbox()
        await sandbox.database.close()
        #expect(await sandbox.submit(order("card_declined")) == .unknown)
    }
}
