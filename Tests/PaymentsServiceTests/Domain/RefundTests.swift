import Testing

@testable import PaymentsService

@Suite struct RefundTests {
    private static func payment(
        _ status: Payment.Status = .succeeded, captured: Int64 = 100, refunded: Int64 = 0
    ) -> Payment {
        Payment(
            id: "pay_1", status: status, capture: .automatic, source: "acct_1", destination: "acct_2", amount: 150,
            captured: captured, refunded: refunded, currency: "USD", description: nil, createdAt: 0)
    }

    @Test(
        "What is left, and no more",
        arguments: [
            (Int64(0), Int64?.none, Int64?.some(100)), (0, 100, 100), (0, 101, nil), (0, 1, 1), (60, nil, 40),
            (60, 40, 40),
            (60, 41, nil), (99, 1, 1), (0, .max, nil),
        ])
    func amounts(refunded: Int64, amount: Int64?, given: Int64?) {
        let result = Self.payment(refunded: refunded).refund(of: amount, isPayee: true)
        #expect(result == given.map { .success($0) } ?? .failure(.refundTooLarge))
    }

    @Test func nothingLeft() {
        let payment = Self.payment(refunded: 100)
        for amount in [nil, 1, Int64.max] {
            #expect(payment.refund(of: amount, isPayee: true) == .failure(.alreadyRefunded))
        }
    }

    @Test("Only what has moved comes back", arguments: [Payment.Status.requiresCapture, .canceled, .expired])
    func states(status: Payment.Status) {
        let payment = Self.payment(status, captured: 0)
        #expect(payment.refund(of: 1, isPayee: true) == .failure(.notRefundable(status)))
        #expect(payment.refund(of: 1, isPayee: false) == .failure(.notThePayee))
    }
}
