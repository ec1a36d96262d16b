import Chassis
import JSON
import TestSupport
import Testing

@testable import PaymentsService

extension RandomHistory {
    mutating func pay() async throws {
        let (order, owner) = orderOfPayment()
        let (request, now) = (request(owner), bank.clock.now)
        let expected = model.status(of: order, by: owner, at: now)
        let outcome = try await bank.store.pay(order, to: .account(order.payeeAccount), for: request)
        #expect(outcome.status == expected, "step \(step): \(order) by \(owner)")
        if let id = outcome.paymentID, expected == 201 { model.pay(order, by: owner, as: id, at: now) }
        let name = order.capture == .manual ? "authorisation" : "payment"
        keep(outcome, of: request, as: name) { try await $0.pay(order, to: .account(order.payeeAccount), for: $1) }
        note(name, expected == 201)
    }

    /// Mostly between accounts of one currency, and by the account's owner.
    private mutating func orderOfPayment(by payer: String? = nil) -> (PaymentOrder, owner: String) {
        let ids = model.accounts.keys.sorted() + ["acct_none"]
        let own = payer.map { payer in ids.filter { model.accounts[$0]?.owner == payer } } ?? ids
        let source = mostly(pick(own), ids)
        let currency = mostly(model.accounts[source]?.currency ?? "USD", Self.currencies)
        let alike = ids.filter { model.accounts[$0]?.currency == currency } + ["acct_none"]
        let payee = mostly(pick(alike), ids)
        var order = PaymentOrder(from: source, to: payee, Int64.random(in: 1...400, using: &generator), currency)
        order.capture = generator.chance(0.4) ? .manual : .automatic
        return (order, payer ?? mostly(model.accounts[source]?.owner ?? "ann", Self.owners))
    }

    mutating func payBatch() async throws {
        let owner = pick(Self.owners)
        // An atomic batch of many is hardly ever done.
        let isAtomic = generator.chance(0.5)
        let orders = (0..<Int.random(in: 1...(isAtomic ? 3 : 12), using: &generator)).map { _ in
            orderOfPayment(by: owner).0
        }
        let batch = Batch(mode: isAtomic ? .atomic : .independent, orders: orders)
        let (request, now) = (request(owner), bank.clock.now)
        let outcome = try await bank.store.pay(batch, for: request)
        let answer = try JSONValue(parsing: Array(outcome.body.utf8))
        let items = answer["data"]?.array ?? []
        let ids = orders.indices.map { items.indices.contains($0) ? items[$0]["payment"]?.string : nil }
        let statuses = model.pay(batch, by: owner, as: ids, at: now)
        let isDone = !isAtomic || statuses.allSatisfy { $0 == 201 }
        if isDone {
            #expect(outcome.status == 200 && items.count == orders.count, "step \(step): \(batch)")
            #expect(ids.map { $0 != nil } == statuses.map { $0 == 201 }, "step \(step): \(batch): \(statuses)")
        } else {
            #expect(outcome.status == statuses.last, "step \(step): \(batch)")
            let pointer = answer["errors"]?.array?.first?["pointer"]?.string
            #expect(pointer == "/items/\(statuses.count - 1)", "step \(step): \(batch)")
        }
        keep(outcome, of: request, as: "batch") { try await $0.pay(batch, for: $1) }
        note(isAtomic ? "atomic batch" : "batch", isDone)
        if statuses.contains(201) && statuses.contains(where: { $0 != 201 }) {
            note("half of a batch \(isAtomic ? "undone" : "done")")
        }
    }

    /// A payment in this state, or sometimes any.
    private mutating func somePayment(_ status: Payment.Status) -> String? {
        let wanted = model.payments.filter { $0.value.status == status }.keys.sorted()
        let ids = wanted.isEmpty || generator.chance(0.1) ? model.payments.keys.sorted() : wanted
        return ids.randomElement(using: &generator)
    }

    mutating func capture() async throws {
        guard let id = somePayment(.requiresCapture), let payment = model.payments[id] else { return }
        let owner = model.accounts[payment.payee]!.owner
        let amount = generator.chance(0.5) ? nil : Int64.random(in: 1...payment.amount + 1, using: &generator)
        let expected = model.capture(id, amount ?? payment.amount, by: owner, at: bank.clock.now)
        let request = request(owner)
        let outcome = try await bank.store.capture(id, amount: amount, for: request)
        #expect((outcome.status == 200) == expected, "step \(step): capture \(id): \(outcome)")
        keep(outcome, of: request, as: "capture") { try await $0.capture(id, amount: amount, for: $1) }
        note("capture", expected)
    }

    mutating func cancel() async throws {
        guard let id = somePayment(.requiresCapture), let payment = model.payments[id] else { return }
        let owner = mostly(model.accounts[payment.source]!.owner, Self.owners)
        let expected = model.cancel(id, by: owner)
        let request = request(owner)
        let outcome = try await bank.store.cancel(id, for: request)
        #expect((outcome.status == 200) == expected, "step \(step): cancel \(id): \(outcome)")
        keep(outcome, of: request, as: "cancel") { try await $0.cancel(id, for: $1) }
        note("cancel", expected)
    }

    mutating func expire() async throws {
        let expected = model.expire(at: bank.clock.now)
        #expect(try await bank.store.expireAuthorizations(pageSize: 3) == expected, "step \(step)")
        note("expiry", expected > 0)
    }

    mutating func refund() async throws {
        guard let id = somePayment(.succeeded), let payment = model.payments[id] else { return }
        let owner = model.accounts[payment.payee]!.owner
        let amount = generator.chance(0.3) ? nil : Int64.random(in: 1...payment.amount + 1, using: &generator)
        let expected = model.refund(id, amount)
        let order = RefundOrder(payment: id, amount: amount, reason: nil)
        let request = request(owner)
        let outcome = try await bank.store.refund(order, for: request)
        #expect(outcome.status == expected, "step \(step): refund \(order): \(outcome)")
        keep(outcome, of: request, as: "refund") { try await $0.refund(order, for: $1) }
        note(payment.refunded > 0 ? "another refund" : "refund", expected == 201)
        if expected == 201, amount != nil { note("partial refund") }
    }
}
