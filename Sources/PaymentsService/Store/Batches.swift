import Chassis
import Storage

extension PaymentsStore {
    /// Pays a batch: the key with the results, all the money, payments and events are one transaction.
    ///
    /// An atomic batch that is refused is undone, and its refusal kept under the key in a transaction of its own: what
    /// another request with the key came to between the two is what both get.
    func pay(_ batch: Batch, for request: KeyedRequest) async throws -> KeyedOutcome {
        let (now, rules) = (clock.now, self.rules)
        let ids = batch.orders.map { PaymentIdentifiers(identifiers, under: rules, $0) }
        do {
            let (outcome, items) = try await database.write { transaction in
                var items: [BatchItem] = []
                let outcome = try transaction.once(request, at: now) {
                    items = try transaction.pay(batch, by: request.subject, under: rules, ids: ids, at: now)
                    return .success(StoredAnswer(batch, items))
                }
                return (outcome, items)
            }
            for (order, item) in zip(batch.orders, items) { metrics.count(item, of: order) }
            return outcome
        } catch let refused as BatchRefused {
            return try await database.write { transaction in
                if let earlier = try transaction.earlierOutcome(of: request) { return earlier }
                let answer = StoredAnswer(refused, request.occurrence)
                try transaction.insertKey(of: request, answer: answer, at: now)
                return .answered(answer)
            }
        }
    }
}

/// Undoes an atomic batch.
struct BatchRefused: Error, Sendable {
    /// From 0.
    let index: Int
    let refusal: Refusal
}

extension Transaction {
    /// - Throws: `BatchRefused` where a payment of an atomic batch cannot be.
    fileprivate func pay(
        _ batch: Batch, by subject: String, under rules: PaymentRules, ids: [PaymentIdentifiers], at now: Int64
    ) throws -> [BatchItem] {
        try batch.orders.enumerated().map { index, order in
            guard case .account(let payee) = order.payee else { return .refused(.unknownPayee) }
            let result = try pay(order, to: .account(payee), by: subject, under: rules, ids: ids[index], at: now)
            switch result {
            case .success: return .succeeded(payment: ids[index].payment)
            case .failure(let refusal):
                guard batch.mode == .independent else { throw BatchRefused(index: index, refusal: refusal) }
                return .refused(refusal)
            }
        }
    }
}
