import Chassis
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct FeeScheduleTests {
    @Test(
        "Shares are rounded to the minor unit, halves to the even one",
        arguments: [
            // 1 % of half units: 50 is 0.5, 150 is 1.5, 250 is 2.5.
            (Int64(100), Int64(50), Int64(0)), (100, 51, 1), (100, 150, 2), (100, 250, 2), (100, 350, 4), (100, 249, 2),
            (100, 251, 3), (1, 5_000, 0), (1, 5_001, 1), (1, 15_000, 2), (1, 25_000, 2), (290, 10_000, 290),
            (290, 999, 29), (10_000, 7, 7), (0, 5, 0), (5_000, 1, 0), (5_000, 3, 2), (5_000, 5, 2), (9_999, 1, 1),
        ])
    func rounding(basisPoints: Int64, amount: Int64, fee: Int64) {
        #expect(FeeRule(fixed: 0, basisPoints: basisPoints).fee(on: amount) == fee)
    }

    @Test("A fee is never more than the amount, also at the edges of Int64")
    func bounds() {
        let rule = FeeRule(fixed: 30, basisPoints: 290)
        #expect(rule.fee(on: 1) == 1)
        #expect(rule.fee(on: 30) == 30)
        #expect(rule.fee(on: 31) == 31)
        #expect(rule.fee(on: 32) == 31)
        #expect(FeeRule(fixed: Amount.maximum, basisPoints: 10_000).fee(on: Amount.maximum) == Amount.maximum)
        #expect(FeeRule(fixed: .max, basisPoints: 10_000).fee(on: .max) == .max)
        #expect(FeeRule(fixed: 0, basisPoints: 10_000).fee(on: .max) == .max)
        #expect(FeeRule(fixed: 0, basisPoints: 1).fee(on: .max) == 922_337_203_685_478)
        #expect(FeeRule(fixed: 0, basisPoints: 5_000).fee(on: .max) == 4_611_686_018_427_387_904)
    }

    /// The same by another way: in tenths of basis points of a unit, with the remainder looked at as a decimal.
    @Test("Any rule on any amount is what long division says")
    func againstLongDivision() {
        var generator = SeededGenerator.announced()
        for _ in 0..<5_000 {
            let rule = FeeRule(
                fixed: .random(in: 0...500, using: &generator), basisPoints: .random(in: 0...10_000, using: &generator))
            let amount = Int64.random(
                in: 1...Amount.maximum >> Int64.random(in: 0...39, using: &generator), using: &generator)
            let product = amount.multipliedFullWidth(by: rule.basisPoints)
            let (share, rest) = Int64(10_000).dividingFullWidth(product)
            let rounded = rest * 2 == 10_000 ? share + share % 2 : (rest * 2 > 10_000 ? share + 1 : share)
            #expect(rule.fee(on: amount) == min(amount, rounded + rule.fixed), "\(rule) on \(amount)")
        }
    }

    @Test func whatHasNoRuleCostsNothing() {
        #expect(FeeSchedule().fee(on: 100, in: "USD") == 0)
        #expect(FeeSchedule(rules: ["USD": FeeRule(fixed: 5, basisPoints: 0)]).fee(on: 100, in: "EUR") == 0)
    }

    @Test("Settings are read, and what is wrong is said")
    func settings() throws {
        let rules = try PaymentRules(
            Settings([
                "FEES": "USD:30+290, JPY:0+100,KWD:5+0", "PAYMENTS_PER_DAY": "10",
                "PAYMENT_AMOUNTS_PER_DAY": "USD:500000", "AUTHORIZATION_SECONDS": "60",
            ]))
        #expect(rules.fees.rules["USD"] == FeeRule(fixed: 30, basisPoints: 290))
        #expect(rules.fees.rules["JPY"] == FeeRule(fixed: 0, basisPoints: 100))
        #expect(rules.fees.rules.count == 3)
        #expect(rules.limits == DailyLimits(payments: 10, amounts: ["USD": 500_000]))
        #expect(rules.authorizationLifetime == 60_000)
        #expect(try PaymentRules(Settings([:])) == PaymentRules())
        #expect(PaymentRules().limits == DailyLimits() && PaymentRules().fees.rules.isEmpty)
    }

    @Test(
        "Wrong settings stop the start",
        arguments: [
            ("FEES", "USD"), ("FEES", "USD:30"), ("FEES", "USD:30+10001"), ("FEES", "USD:-1+5"), ("FEES", "XXX:1+1"),
            ("FEES", "USD:1+1,USD:2+2"), ("FEES", "USD:1+1,"), ("FEES", "usd:1+1"), ("FEES", "USD:1+1+1"),
            ("PAYMENT_AMOUNTS_PER_DAY", "USD:0"), ("PAYMENT_AMOUNTS_PER_DAY", "500000"),
            ("PAYMENTS_PER_DAY", "-1"), ("AUTHORIZATION_SECONDS", "0"),
        ])
    func wrongSettings(key: String, value: String) {
        #expect(throws: SettingsError.self) { try PaymentRules(Settings([key: value])) }
    }
}
