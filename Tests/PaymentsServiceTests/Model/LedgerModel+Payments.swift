@testable import PaymentsService

extension LedgerModel {
    /// The status of the answer to a payment, automatic or manual; nil when the payer has no such account.
    func status(of order: PaymentOrder, by owner: String, at now: Int64) -> Int? {
        if let limit = Self.limits[order.currency],
            paid[day(owner, order.currency, at: now), default: 0] + order.amount > limit
        {
            return 422
        }
        if order.source == order.payeeAccount { return 422 }
        guard let from = accounts[order.source], from.owner == owner else { return nil }
        guard let to = accounts[order.payeeAccount], from.currency == order.currency, to.currency == order.currency
        else { return 422 }
        if from.status != .open { return 409 }
        if to.status == .closed { return 422 }
        return from.available < order.amount ? 402 : 201
    }

    mutating func pay(_ order: PaymentOrder, by owner: String, as id: String, at now: Int64) {
        payments[id] = PaymentState(
            source: order.source, payee: order.payeeAccount, amount: order.amount,
            expiresAt: now + Self.authorizationLifetime)
        paid[day(owner, order.currency, at: now), default: 0] += order.amount
        accounts[order.source]!.reserved += order.amount
        accounts[order.payeeAccount]!.incoming += order.amount
        if order.capture == .automatic { end(id, as: .succeeded, captured: order.amount) } else { told += 1 }
    }

    /// What becomes of each payment of a batch, in order. An atomic one ends with the first that is refused, and then
    /// nothing has happened.
    mutating func pay(_ batch: Batch, by owner: String, as ids: [String?], at now: Int64) -> [Int] {
        var (after, statuses) = (self, [Int]())
        for (order, id) in zip(batch.orders, ids) {
            let status = after.status(of: order, by: owner, at: now) ?? 422
            statuses.append(status)
            if status == 201 {
                after.pay(order, by: owner, as: id ?? "pay_none", at: now)
            } else if batch.mode == .atomic {
                return statuses
            }
        }
        self = after
        return statuses
    }

    mutating func capture(_ id: String, _ amount: Int64, by owner: String, at now: Int64) -> Bool {
        guard let payment = payments[id], accounts[payment.payee]!.owner == owner,
            payment.status == .requiresCapture, now < payment.expiresAt, amount <= payment.amount
        else { return false }
        end(id, as: .succeeded, captured: amount)
        return true
    }

    mutating func cancel(_ id: String, by owner: String) -> Bool {
        guard let payment = payments[id], payment.status == .requiresCapture,
            [accounts[payment.source]!.owner, accounts[payment.payee]!.owner].contains(owner)
        else { return false }
        end(id, as: .canceled, captured: 0)
        return true
    }

    /// How many authorisations are over.
    mutating func expire(at now: Int64) -> Int {
        let due = payments.filter { $0.value.status == .requiresCapture && $0.value.expiresAt <= now }.keys
        for id in due { end(id, as: .expired, captured: 0) }
        return due.count
    }

    private mutating func end(_ id: String, as status: Payment.Status, captured: Int64) {
        let payment = payments[id]!
        told += 1
        payments[id]!.status = status
        payments[id]!.captured = captured
        accounts[payment.source]!.reserved -= payment.amount
        accounts[payment.payee]!.incoming -= payment.amount
        accounts[payment.source]!.posted -= captured
        accounts[payment.payee]!.posted += captured
        let (from, to) = (accounts[payment.source]!, accounts[payment.payee]!)
        guard from.owner != to.owner, let fee = Self.fees[to.currency] else { return }
        accounts[payment.payee]!.posted -= min(fee, captured)
    }

    /// The status of the answer to a refund, of all that is left when `amount` is nil. It is the payee's to give, out of
    /// what they have, and the fee is not given back.
    mutating func refund(_ id: String, _ amount: Int64?) -> Int {
        let payment = payments[id]!
        let left = payment.captured - payment.refunded
        let amount = amount ?? left
        if payment.status != .succeeded || left == 0 { return 409 }
        if amount > left { return 422 }
        let (from, to) = (accounts[payment.payee]!, accounts[payment.source]!)
        if from.status != .open { return 409 }
        if to.status == .closed { return 422 }
        if from.available < amount { return 402 }
        accounts[payment.payee]!.posted -= amount
        accounts[payment.source]!.posted += amount
        payments[id]!.refunded += amount
        (refunds, told) = (refunds + 1, told + 1)
        return 201
    }
}

extension PaymentOrder {
    /// Whom the histories pay: always an account.
    var payeeAccount: String {
        if case .account(let id) = payee { id } else { "acct_none" }
    }
}
