import Chassis
import Storage

/// How payments whose capture is manual end: captured, canceled or expired, each of them one transaction.
extension PaymentsStore {
    /// Captures all or a part of an authorised payment, for its payee; the rest is released.
    func capture(_ id: String, amount: Int64?, for request: KeyedRequest) async throws -> KeyedOutcome {
        try await end(id, for: request) { record, now in
            record.payment.captured(amount, isPayee: record.payee == request.subject, at: now)
        }
    }

    /// Cancels an authorised payment, for one of its two sides.
    func cancel(_ id: String, for request: KeyedRequest) async throws -> KeyedOutcome {
        try await end(id, for: request) { record, now in record.payment.canceled(at: now) }
    }

    /// Lets authorisations expire whose time is over, the longest over first, in short transactions.
    ///
    /// - Returns: How many.
    @discardableResult
    func expireAuthorizations(pageSize: Int = 100) async throws -> Int {
        let now = clock.now
        var count = 0
        while true {
            let ids = (0..<pageSize).map { _ in EndingIdentifiers(identifiers) }
            let expired = try await database.write { transaction in
                try transaction.dueAuthorizations(at: now, limit: pageSize).enumerated().compactMap { index, record in
                    guard let payment = record.payment.expired(at: now) else { return Payment?.none }
                    try transaction.end(record, as: payment, ids: ids[index], at: now)
                    return payment
                }
            }
            for payment in expired { metrics.count(ended: payment) }
            count += expired.count
            if expired.count < pageSize { return count }
        }
    }

    private func end(
        _ id: String, for request: KeyedRequest,
        _ decide: @escaping @Sendable (PaymentRecord, _ now: Int64) -> Result<Payment, Refusal>
    ) async throws -> KeyedOutcome {
        let (now, fees) = (clock.now, rules.fees)
        let ids = EndingIdentifiers(identifiers)
        let (outcome, ended) = try await database.write { transaction in
            var ended: Payment?
            let outcome = try transaction.once(request, at: now) {
                guard let record = try transaction.payment(id, of: request.subject) else {
                    return .failure(.paymentNotFound)
                }
                switch decide(record, now) {
                case .failure(let refusal): return .failure(refusal)
                case .success(var payment):
                    if record.payer != record.payee {
                        payment.fee = fees.fee(on: payment.captured, in: payment.currency)
                    }
                    if payment.fee > 0,
                        try !Ledger(transaction: transaction).canCollect(payment.fee, in: payment.currency)
                    {
                        return .failure(.balanceLimit)
                    }
                    try transaction.end(record, as: payment, ids: ids, at: now)
                    ended = payment
                    return .success(StoredAnswer(status: 200, body: payment.json, location: nil))
                }
            }
            return (outcome, ended)
        }
        if let ended { metrics.count(ended: ended) }
        return outcome
    }
}

/// Ids are made before the writer's turn.
private struct EndingIdentifiers {
    let transfer: String
    let fee: String
    let event: String

    init(_ generator: any IdentifierGenerator) {
        transfer = generator.make("trf")
        fee = generator.make("trf")
        event = generator.make("evt")
    }
}

extension Transaction {
    /// Moves or releases the money, takes the fee, and stores how the payment ended.
    fileprivate func end(
        _ record: PaymentRecord, as payment: Payment, ids: EndingIdentifiers, at now: Int64
    ) throws {
        let ledger = Ledger(transaction: self)
        let pending = try ledger.transfer(record.transfer)
        switch payment.status {
        case .succeeded:
            let moved = try ledger.post(pending, id: ids.transfer, amount: payment.captured, at: now)
            try ledger.collect(payment.fee, of: moved, id: ids.fee)
        case .canceled: try ledger.void(pending, id: ids.transfer, at: now)
        case .expired: try ledger.expire(pending, id: ids.transfer, at: now)
        case .requiresCapture: throw LedgerError.paymentHasNotEnded(payment.id)
        }
        try update(payment)
        try insert(
            Event(
                id: ids.event, type: Event.Kind(payment.status), owner: record.payer, otherOwner: record.payee,
                data: payment.json, createdAt: now))
    }

    private func update(_ payment: Payment) throws {
        let changed = try execute(
            """
            UPDATE payments SET status = ?2, captured = ?3, ended_at = ?4, fee = ?5
            WHERE id = ?1 AND status = 'requires_capture'
            """,
            .text(payment.id), .text(payment.status.rawValue), .integer(payment.captured), SQLValue(payment.endedAt),
            .integer(payment.fee))
        guard changed == 1 else { throw LedgerError.paymentVanished(payment.id) }
    }

    fileprivate func dueAuthorizations(at now: Int64, limit: Int) throws -> [PaymentRecord] {
        try all(
            PaymentRecord.columns
                + " WHERE status = 'requires_capture' AND expires_at <= ? ORDER BY expires_at LIMIT ?", .integer(now),
            SQLValue(limit), map: PaymentRecord.init)
    }
}
