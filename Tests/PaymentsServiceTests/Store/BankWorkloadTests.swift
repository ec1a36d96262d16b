import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// Jepsen's bank: payers move money between eight accounts while readers look at all of them.
@Suite struct BankWorkloadTests {
    private static let accounts = 8
    private static let initial: Int64 = 100

    @Test("64 payers over 8 accounts: every read adds up, none is negative")
    func concurrentPayers() async throws {
        let generator = SeededGenerator.announced()
        let bank = try await StoreFixture()
        var opened: [(owner: String, id: String)] = []
        for index in 0..<Self.accounts {
            let owner = "user\(index)"
            opened.append((owner, try await bank.account(of: owner, holding: Self.initial)))
        }
        let accounts = opened
        let statuses = try await withThrowingTaskGroup(of: [Int].self) { group in
            for payer in 0..<64 {
                let seed = generator.seed &+ UInt64(payer)
                group.addTask { try await Self.pay(payer, accounts, in: bank, SeededGenerator(seed: seed)) }
            }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<50 { try await Self.expectWholeTotal(in: bank) }
                    return []
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(statuses.count == 64 * 25)
        #expect(Set(statuses) == [201, 402], "the workload must meet both")
        try await Self.expectWholeTotal(in: bank)
        try await bank.expectBalanced()
        #expect(try await bank.count("payments") == statuses.count { $0 == 201 })
    }

    private static func pay(
        _ payer: Int, _ accounts: [(owner: String, id: String)], in bank: StoreFixture, _ generator: SeededGenerator
    ) async throws -> [Int] {
        var generator = generator
        var statuses: [Int] = []
        for round in 0..<25 {
            let source = accounts.randomElement(using: &generator)!
            let destination = accounts.filter { $0.id != source.id }.randomElement(using: &generator)!
            var order = PaymentOrder(from: source.id, to: destination.id, .random(in: 1...60, using: &generator))
            if generator.chance(0.3) { order.capture = .manual }
            let outcome = try await bank.store.pay(
                order, to: .account(destination.id), for: bank.request(by: source.owner, "p\(payer)-\(round)"))
            statuses.append(try #require(outcome.status))
            if generator.chance(0.1), order.capture == .automatic, let id = outcome.paymentID {
                let refund = RefundOrder(
                    payment: id, amount: .random(in: 1...order.amount, using: &generator), reason: nil)
                let request = bank.request(by: destination.owner, "b\(payer)-\(round)")
                let refunded = try await bank.store.refund(refund, for: request)
                // The payee may have spent it meanwhile.
                #expect([201, 402].contains(refunded.status))
            }
            guard order.capture == .manual, let id = outcome.paymentID else { continue }
            let request = bank.request(by: destination.owner, "e\(payer)-\(round)")
            let ended =
                generator.chance(0.7)
                ? try await bank.store.capture(
                    id, amount: .random(in: 1...order.amount, using: &generator), for: request)
                : try await bank.store.cancel(id, for: request)
            #expect(ended.status == 200)
        }
        return statuses
    }

    private static func expectWholeTotal(in bank: StoreFixture) async throws {
        let balances = try await bank.database.read { reader in
            try reader.all(
                "SELECT credits_posted - debits_posted FROM accounts WHERE owner IS NOT NULL"
            ) { try $0.int64(0) }
        }
        #expect(balances.count == accounts)
        #expect(balances.reduce(0, +) == Int64(accounts) * initial)
        #expect(balances.allSatisfy { $0 >= 0 })
    }
}
