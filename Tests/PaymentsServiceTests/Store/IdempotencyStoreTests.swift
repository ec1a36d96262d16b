import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct IdempotencyStoreTests {
    @Test("200 racing retries of one key: one effect, identical answers")
    func racingRetries() async throws {
        let bank = try await StoreFixture(batchLimit: 7)
        let ann = try await bank.account(of: "ann", holding: 1_000)
        let bob = try await bank.account(of: "bob")
        let outcomes = try await withThrowingTaskGroup(of: KeyedOutcome.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await bank.store.pay(
                        .init(from: ann, to: bob, 10), to: .account(bob), for: bank.request(by: "ann", "same"))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let answers = Set(outcomes.map(\.body))
        #expect(outcomes.count == 200)
        #expect(answers.count == 1)
        #expect(outcomes.allSatisfy { $0.status == 201 })
        let firsts = outcomes.filter { if case .answered = $0 { true } else { false } }
        #expect(firsts.count == 1)
        #expect(try await bank.balance(bob, of: "bob").posted == 10)
        #expect(try await bank.count("payments") == 1)
        try await bank.expectBalanced()
    }

    @Test func aKeyBelongsToOneRequestAndOneUser() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob", holding: 100)
        let pay = { (request: KeyedRequest, from: String, to: String) in
            try await bank.store.pay(.init(from: from, to: to, 1), to: .account(to), for: request)
        }
        #expect(try await pay(bank.request(by: "ann", "k"), ann, bob).status == 201)
        #expect(try await pay(bank.request(by: "ann", "k", body: "other"), ann, bob) == .reused)
        #expect(try await pay(bank.request(by: "bob", "k"), bob, ann).status == 201)
        #expect(try await bank.count("payments") == 2)
    }

    @Test func theLookBeforeTheWriterFindsTheSame() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob")
        let request = bank.request(by: "ann", "k")
        #expect(try await bank.store.earlierOutcome(of: request) == nil)
        let outcome = try await bank.store.pay(.init(from: ann, to: bob, 1), to: .account(bob), for: request)
        guard case .answered(let answer) = outcome else { throw Unexpected(outcome) }
        #expect(answer.location?.hasPrefix("/v1/payments/pay_") == true)
        #expect(try await bank.store.earlierOutcome(of: request) == .replayed(answer))
        #expect(try await bank.store.earlierOutcome(of: bank.request(by: "ann", "k", body: "x")) == .reused)
    }

    @Test("The purge takes what is older than its lifetime, in windows, and leaves the rest")
    func purge() async throws {
        let bank = try await StoreFixture()
        let ann = try await bank.account(of: "ann", holding: 100)
        let bob = try await bank.account(of: "bob")
        let pay = { (key: String) in
            try await bank.store.pay(.init(from: ann, to: bob, 1), to: .account(bob), for: bank.request(by: "ann", key))
        }
        for round in 0..<12 { _ = try await pay("old\(round)") }
        bank.clock.advance(milliseconds: 24 * 3_600_000)
        #expect(try await bank.store.purgeKeys(windowSize: 5) == 0)
        _ = try await pay("new")
        bank.clock.advance(milliseconds: PaymentsStore.keyLifetimeMilliseconds - 24 * 3_600_000 + 1)
        // The twelve, and the deposit's that funded the account.
        #expect(try await bank.store.purgeKeys(windowSize: 5) == 13)
        guard case .replayed = try await pay("new") else { throw Unexpected("the new key is gone") }
        guard case .answered = try await pay("old0") else { throw Unexpected("the old key is there") }
    }
}
