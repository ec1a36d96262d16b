import Testing

@testable import PaymentsService

@Suite struct PaymentStatesTests {
    private static func payment(_ status: Payment.Status, amount: Int64 = 100) -> Payment {
        Payment(
            id: "pay_1", status: status, capture: .manual, source: "acct_1", destination: "acct_2", amount: amount,
            captured: status == .succeeded ? amount : 0, currency: "USD", description: nil, createdAt: 0,
            expiresAt: 1_000, endedAt: status == .requiresCapture ? nil : 5)
    }

    @Test("What has ended stays as it ended", arguments: [Payment.Status.succeeded, .canceled, .expired])
    func ends(status: Payment.Status) {
        let payment = Self.payment(status)
        #expect(payment.captured(nil, isPayee: true, at: 1) == .failure(.notCapturable(status)))
        #expect(payment.canceled(at: 1) == .failure(.notCancelable(status)))
        #expect(payment.expired(at: 5_000) == nil)
    }

    @Test(
        "Any part is captured, and no more than that",
        arguments: [(Int64?.none, Int64?.some(100)), (1, 1), (99, 99), (100, 100), (101, nil), (.max, nil)])
    func amounts(amount: Int64?, captured: Int64?) throws {
        let result = Self.payment(.requiresCapture).captured(amount, isPayee: true, at: 999)
        guard let captured else {
            #expect(result == .failure(.captureTooLarge))
            return
        }
        let payment = try result.get()
        #expect((payment.status, payment.captured, payment.endedAt) == (.succeeded, captured, 999))
        #expect(payment.amount == 100)
    }

    @Test("The moment of expiry is the first one that is too late, whether the job has run or not")
    func expiry() {
        let payment = Self.payment(.requiresCapture)
        #expect(payment.expired(at: 999) == nil)
        #expect(payment.expired(at: 1_000)?.status == .expired)
        #expect(payment.captured(nil, isPayee: true, at: 1_000) == .failure(.notCapturable(.expired)))
        #expect((try? payment.canceled(at: 1_000).get())?.status == .canceled)
    }

    @Test func onlyThePayeeCaptures() {
        for status in Payment.Status.allCases {
            let result = Self.payment(status).captured(500, isPayee: false, at: 5_000)
            #expect(result == .failure(.notThePayee), "who may not is told nothing else")
        }
    }
}
