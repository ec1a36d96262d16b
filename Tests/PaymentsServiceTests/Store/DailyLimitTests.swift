import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct DailyLimitTests {
    private static func rules(payments: Int64? = nil, usd: Int64? = nil) -> PaymentRules {
        var rules = PaymentRules()
        rules.limits.payments = payments
        rules.limits.amounts["USD"] = usd
        return rules
    }

    private struct Case {
        let bank: StoreFixture
        let ann: String
        let bob: String

        init(_ rules: PaymentRules) async throws {
            bank = try await StoreFixture(rules: rules)
            ann = try await bank.account(of: "ann", holding: 1_000)
            bob = try await bank.account(of: "bob", holding: 1_000)
        }

        func pay(_ amount: Int64, key: String, by user: String = "ann", manual: Bool = false) async throws
            -> KeyedOutcome
        {
            let (from, to) = user == "ann" ? (ann, bob) : (bob, ann)
            var order = PaymentOrder(from: from, to: to, amount)
            order.capture = manual ? .manual : .automatic
            return try await bank.store.pay(order, to: .account(to), for: bank.request(by: user, key))
        }
    }

    @Test("So many payments of one user and day, kept as a refusal; the day is one of UTC")
    func velocity() async throws {
        let test = try await Case(Self.rules(payments: 2))
        #expect(try await test.pay(1, key: "a").status == 201)
        #expect(try await test.pay(2_000, key: "b").status == 402, "what was refused does not count")
        #expect(try await test.pay(1, key: "c", manual: true).status == 201)
        let refused = try await test.pay(1, key: "d")
        #expect(refused.status == 422 && refused.body.contains("payment_limit_exceeded"))
        #expect(try await test.pay(1, key: "e", by: "bob").status == 201)
        #expect(try await test.pay(1, key: "a").status == 201, "a replay is no payment")
        // The clock of the tests stands at 22:13:20.
        test.bank.clock.advance(seconds: 6_400)
        guard case .replayed(let kept) = try await test.pay(1, key: "d") else { throw Unexpected("no replay") }
        #expect(kept.status == 422)
        #expect(try await test.pay(1, key: "f").status == 201)
        try await test.bank.expectBalanced()
    }

    @Test("So much of one user, day and currency, to the unit")
    func amounts() async throws {
        let test = try await Case(Self.rules(usd: 100))
        #expect(try await test.pay(101, key: "a").status == 422)
        #expect(try await test.pay(60, key: "b").status == 201)
        let refused = try await test.pay(41, key: "c")
        #expect(refused.status == 422 && refused.body.contains("amount_limit_exceeded"))
        #expect(try await test.pay(40, key: "d").status == 201)
        #expect(try await test.pay(1, key: "e").status == 422)
        let (euro, theirs) = (
            try await test.bank.account(of: "ann", "EUR", holding: 500), try await test.bank.account(of: "bob", "EUR")
        )
        let free = try await test.bank.store.pay(
            .init(from: euro, to: theirs, 500, "EUR"), to: .account(theirs), for: test.bank.request(by: "ann", "eur"))
        #expect(free.status == 201)
        #expect(try await test.bank.count("payment_days") == 1, "what has no limit is not counted")
    }

    @Test("Payments that race stay below the limit together")
    func races() async throws {
        let test = try await Case(Self.rules(payments: 7, usd: 100))
        let statuses = try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 0..<60 { group.addTask { try await test.pay(20, key: "r\(number)").status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 201 } == 5)
        #expect(statuses.count { $0 == 422 } == 55)
        try await test.bank.expectBalanced()
    }

    @Test("The edges of Int64")
    func edges() {
        let limits = DailyLimits(amounts: ["USD": .max])
        let spent = DailyTotals(payments: 1, amounts: ["USD": Int64.max - 5])
        #expect(limits.refusal(of: 5, in: "USD", after: spent) == nil)
        #expect(limits.refusal(of: 6, in: "USD", after: spent) == .tooMuchPaid)
        #expect(!DailyLimits().concern("USD"))
        #expect(DailyLimits(payments: 1).concern("USD") && limits.concern("USD") && !limits.concern("EUR"))
    }

    @Test("Days that are over are removed, in windows; without limits nothing is counted")
    func purge() async throws {
        let test = try await Case(Self.rules(payments: 9))
        for user in ["ann", "bob"] { #expect(try await test.pay(1, key: "k", by: user).status == 201) }
        test.bank.clock.advance(milliseconds: 86_400_000)
        #expect(try await test.bank.store.purgePaymentDays(windowSize: 1) == 0, "yesterday is kept")
        test.bank.clock.advance(milliseconds: 86_400_000)
        #expect(try await test.bank.store.purgePaymentDays(windowSize: 1) == 2)
        let free = try await Case(PaymentRules())
        _ = try await free.pay(1, key: "k")
        #expect(try await free.bank.count("payment_days") == 0)
    }
}
