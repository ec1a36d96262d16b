import Chassis
import Storage
import TestSupport

@testable import PaymentsService

/// A request, and how it is done, the first time and again.
struct Ask: Sendable {
    let request: KeyedRequest
    /// How many payments it makes when it succeeds.
    let payments: Int
    let perform: @Sendable (PaymentsStore, KeyedRequest) async throws -> KeyedOutcome

    func again(_ store: PaymentsStore) async throws -> KeyedOutcome { try await perform(store, request) }

    func payments(of answer: StoredAnswer) -> Int { answer.status < 300 ? payments : 0 }
}

/// Somebody who pays, captures and refunds, one after the other, and writes down what was answered.
struct Tab: Sendable {
    struct Account: Sendable {
        let owner: String
        let id: String
    }

    private(set) var answered: [(ask: Ask, answer: StoredAnswer)] = []
    private(set) var unknown: [Ask] = []
    /// The last event that was read.
    private(set) var seen: Int64 = 0
    private let accounts: [Account]
    private var number: Int
    private var generator: SeededGenerator
    /// Payments to end and to refund, with their payees.
    private var authorised: [(id: String, payee: String)] = []
    private var paid: [(id: String, payee: String)] = []

    init(_ accounts: [Account], firstNumber: Int, _ generator: SeededGenerator) {
        (self.accounts, number, self.generator) = (accounts, firstNumber, generator)
    }

    mutating func go(_ store: PaymentsStore) async {
        let (from, to) = generator.chance(0.5) ? (accounts[0], accounts[1]) : (accounts[1], accounts[0])
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4: await pay(from, to, store)
        case 4: await payBatch(from, to, store)
        case 5, 6:
            guard let payment = authorised.popLast() else { return await pay(from, to, store, .manual) }
            let isCapture = generator.chance(0.7)
            await ask(payment.payee, store) { store, request in
                isCapture
                    ? try await store.capture(payment.id, amount: 1, for: request)
                    : try await store.cancel(payment.id, for: request)
            }
        case 7, 8:
            guard let payment = paid.popLast() else { return await pay(from, to, store) }
            let order = RefundOrder(payment: payment.id, amount: nil, reason: nil)
            await ask(payment.payee, store) { try await $0.refund(order, for: $1) }
        default:
            // What is read is durable already.
            if let last = try? await store.database.lookup({ try $0.lastEvent() }) { seen = max(seen, last) }
        }
    }

    private mutating func pay(
        _ from: Account, _ to: Account, _ store: PaymentsStore, _ capture: Payment.Capture = .automatic
    ) async {
        var order = PaymentOrder(from: from.id, to: to.id, Int64.random(in: 1...50, using: &generator))
        order.capture = capture
        let (wanted, payee) = (order, to.id)
        let outcome = await ask(from.owner, store, payments: 1) {
            try await $0.pay(wanted, to: .account(payee), for: $1)
        }
        guard let id = outcome?.paymentID else { return }
        if capture == .manual { authorised.append((id, to.owner)) } else { paid.append((id, to.owner)) }
    }

    private mutating func payBatch(_ from: Account, _ to: Account, _ store: PaymentsStore) async {
        let orders = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
            PaymentOrder(from: from.id, to: to.id, 1)
        }
        let batch = Batch(mode: .atomic, orders: orders)
        await ask(from.owner, store, payments: orders.count) { try await $0.pay(batch, for: $1) }
    }

    @discardableResult
    private mutating func ask(
        _ owner: String, _ store: PaymentsStore, payments: Int = 0,
        _ perform: @escaping @Sendable (PaymentsStore, KeyedRequest) async throws -> KeyedOutcome
    ) async -> KeyedOutcome? {
        number += 1
        let request = KeyedRequest(
            subject: owner, key: IdempotencyKey(field: "k\(number)")!,
            fingerprint: Fingerprint(method: "POST", path: "/", body: []),
            occurrence: Occurrence(requestID: "r\(number)", traceID: "t"))
        let ask = Ask(request: request, payments: payments, perform: perform)
        guard let outcome = try? await ask.again(store) else {
            unknown.append(ask)
            return nil
        }
        if case .answered(let answer) = outcome { answered.append((ask, answer)) }
        return outcome
    }
}
