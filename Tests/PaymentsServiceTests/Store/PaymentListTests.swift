import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct PaymentListTests {
    /// Sixty payments of ann and bob over a minute, in all states, with several in one millisecond.
    private func history(_ generator: inout SeededGenerator) async throws -> (StoreFixture, [Payment], [String]) {
        let bank = try await StoreFixture()
        let accounts = [
            ("ann", try await bank.account(of: "ann", holding: 100_000)),
            ("ann", try await bank.account(of: "ann", holding: 100_000)),
            ("bob", try await bank.account(of: "bob", holding: 100_000)),
        ]
        for number in 0..<60 {
            let pair = accounts.shuffled(using: &generator).prefix(2)
            let ((payer, source), (payee, destination)) = (pair[0], pair[1])
            let amount = Int64.random(in: 1...50, using: &generator)
            let kind = Int.random(in: 0..<5, using: &generator)
            if kind == 0 {
                _ = try await bank.store.pay(
                    .init(from: source, to: destination, amount), to: .account(destination),
                    for: bank.request(by: payer, "p\(number)"))
            } else {
                let payment = try await bank.authorize(
                    amount, from: source, of: payer, to: destination, key: "p\(number)")
                let request = bank.request(by: payee, "e\(number)")
                if kind == 1 { _ = try await bank.store.capture(payment.id, amount: 1, for: request) }
                if kind == 2 { _ = try await bank.store.cancel(payment.id, for: request) }
                if kind == 3 {
                    try await bank.database.write { transaction in
                        _ = try transaction.execute(
                            "UPDATE payments SET expires_at = 1 WHERE id = ?", .text(payment.id))
                    }
                    #expect(try await bank.store.expireAuthorizations() == 1)
                }
            }
            bank.clock.advance(milliseconds: [0, 0, 1_000, -300, 5].randomElement(using: &generator)!)
        }
        let all = try await bank.store.payments(of: "ann", limit: 1_000)
        return (bank, all, accounts.map(\.1))
    }

    @Test("Any filter, in pages of any size, finds what looking at each payment finds, newest first")
    func filters() async throws {
        var generator = SeededGenerator.announced()
        let (bank, all, accounts) = try await history(&generator)
        #expect(all == all.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) })
        #expect(Set(all.map(\.status)).count == 4, "the history met too little")
        let (oldest, newest) = (try #require(all.last).createdAt, try #require(all.first).createdAt)
        for _ in 0..<60 {
            var filter = PaymentFilter()
            if generator.chance(0.4) { filter.status = Payment.Status.allCases.randomElement(using: &generator) }
            if generator.chance(0.3) { filter.account = (accounts + ["acct_none"]).randomElement(using: &generator) }
            if generator.chance(0.3) { filter.from = .random(in: oldest - 10...newest + 10, using: &generator) }
            if generator.chance(0.3) { filter.to = .random(in: oldest - 10...newest + 10, using: &generator) }
            if generator.chance(0.3) { filter.minimum = .random(in: 1...50, using: &generator) }
            if generator.chance(0.3) { filter.maximum = .random(in: 1...50, using: &generator) }
            let expected = all.filter { filter.takes($0) }
            let size = Int.random(in: 1...9, using: &generator)
            var (found, position): ([Payment], ListPosition) = ([], .start)
            while case let page = try await bank.store.payments(of: "ann", filter, after: position, limit: size),
                let last = page.last
            {
                found += page
                position = ListPosition(last)
            }
            #expect(found == expected, "\(filter)")
        }
    }

    @Test(
        "Every filter is a search in an index of the user's, without sorting",
        arguments: [
            (PaymentFilter(), "payments_by", "(created_at,id)<(?,?)"),
            (PaymentFilter(from: 5), "payments_by", "created_at>?"),
            (PaymentFilter(from: 5, to: 9), "payments_by", "created_at>?"),
            (PaymentFilter(account: "acct_1"), "payments_by", "(created_at,id)<(?,?)"),
            (PaymentFilter(minimum: 1, maximum: 5), "payments_by", "(created_at,id)<(?,?)"),
            (PaymentFilter(status: .succeeded), "payments_by", "(created_at,id)<(?,?)"),
            (PaymentFilter(status: .requiresCapture), "payments_not_succeeded_by", "status=?"),
            (PaymentFilter(status: .canceled, from: 5), "payments_not_succeeded_by", "status=?"),
            (PaymentFilter(status: .expired), "payments_not_succeeded_by", "status=?"),
        ])
    func plans(filter: PaymentFilter, index: String, range: String) async throws {
        let bank = try await StoreFixture()
        let query = PaymentListQuery("ann", filter, after: .start, limit: 21)
        let explain = SQL(assembled: "EXPLAIN QUERY PLAN " + query.sql.string)
        let steps = try await bank.database.read { reader in
            var steps: [String] = []
            try reader.query(explain, values: query.values) { row in
                steps.append(try row.string(3))
                return true
            }
            return steps
        }
        let plan = steps.joined(separator: "\n")
        #expect(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "\(plan)")
        for side in ["source", "destination"] {
            let step = steps.first { $0.contains("INDEX \(index)_\(side)_owner") }
            #expect(step?.contains("\(side)_owner=?") == true && step?.contains(range) == true, "\(plan)")
        }
    }

    @Test("What is due to expire is found in an index, too")
    func duePlan() async throws {
        let bank = try await StoreFixture()
        let steps = try await bank.database.read { reader in
            try reader.all(
                """
                EXPLAIN QUERY PLAN SELECT id FROM payments
                WHERE status = 'requires_capture' AND expires_at <= ? ORDER BY expires_at LIMIT ?
                """, .integer(1), .integer(1)
            ) { try $0.string(3) }
        }
        #expect(steps.count == 1 && steps[0].contains("payments_expiring (expires_at<?)"), "\(steps)")
    }
}

extension PaymentFilter {
    /// The filter, said once more.
    fileprivate func takes(_ payment: Payment) -> Bool {
        (status == nil || payment.status == status)
            && (account == nil || payment.source == account || payment.destination == account)
            && payment.createdAt >= from ?? .min && payment.createdAt < to ?? .max
            && payment.amount >= minimum ?? .min && payment.amount <= maximum ?? .max
    }
}
