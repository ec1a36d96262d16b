import Chassis
import Storage

extension PaymentsStore {
    /// Gives money of a payment back, for its payee: the key, the money, the refund and the event are one transaction.
    func refund(_ order: RefundOrder, for request: KeyedRequest) async throws -> KeyedOutcome {
        let now = clock.now
        let ids = RefundIdentifiers(identifiers)
        let (outcome, currency) = try await database.write { transaction in
            var currency: String?
            let outcome = try transaction.once(request, at: now) {
                try transaction.refund(order, by: request.subject, ids: ids, at: now).map { refund in
                    currency = refund.currency
                    return StoredAnswer(status: 201, body: refund.json, location: "/v1/refunds/\(refund.id)")
                }
            }
            return (outcome, currency)
        }
        if let currency { metrics.count(refundIn: currency) }
        return outcome
    }

    /// The refund, when `user` is one of its two sides.
    func refund(_ id: String, of user: String) async throws -> Refund? {
        try await database.lookup { reader in
            try reader.first(Refund.ofSide, .text(id), .text(user), map: Refund.init)
        }
    }

    /// The refunds that `user` gave or got, newest first, older than `position`.
    func refunds(of user: String, after position: ListPosition = .start, limit: Int) async throws -> [Refund] {
        try await database.read { reader in
            try reader.all(
                Refund.ofUser, .text(user), .integer(position.createdAt), .text(position.id), SQLValue(limit),
                map: Refund.init)
        }
    }

    /// Those of one payment.
    func refunds(
        of user: String, payment: String, after position: ListPosition = .start, limit: Int
    ) async throws -> [Refund] {
        try await database.read { reader in
            try reader.all(
                Refund.ofPayment, .text(user), .integer(position.createdAt), .text(position.id), SQLValue(limit),
                .text(payment), map: Refund.init)
        }
    }
}

/// Ids are made before the writer's turn.
private struct RefundIdentifiers {
    let refund: String
    let transfer: String
    let event: String

    init(_ generator: any IdentifierGenerator) {
        refund = generator.make("rfnd")
        transfer = generator.make("trf")
        event = generator.make("evt")
    }
}

extension Transaction {
    fileprivate func refund(
        _ order: RefundOrder, by subject: String, ids: RefundIdentifiers, at now: Int64
    ) throws -> Result<Refund, Refusal> {
        guard let record = try payment(order.payment, of: subject) else { return .failure(.paymentNotFound) }
        let amount: Int64
        switch record.payment.refund(of: order.amount, isPayee: record.payee == subject) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let allowed): amount = allowed
        }
        let transfer = Transfer(
            id: ids.transfer, debitAccount: record.payment.destination, creditAccount: record.payment.source,
            amount: amount, currency: record.payment.currency, createdAt: now, linkedTo: record.transfer)
        if case .failure(let refusal) = try Ledger(transaction: self).move(transfer, ownedBy: subject) {
            return .failure(refusal)
        }
        let refund = Refund(
            id: ids.refund, payment: order.payment, amount: amount, currency: transfer.currency, reason: order.reason,
            createdAt: now)
        try insert(refund, of: record, transfer: transfer.id)
        try insert(
            Event(
                id: ids.event, type: .refundSucceeded, owner: record.payer, otherOwner: record.payee,
                data: refund.json, createdAt: now))
        return .success(refund)
    }

    private func insert(_ refund: Refund, of record: PaymentRecord, transfer: String) throws {
        let total = try first(
            "UPDATE payments SET refunded = refunded + ?2 WHERE id = ?1 RETURNING refunded", .text(refund.payment),
            .integer(refund.amount)
        ) { try $0.int64(0) }
        guard let total else { throw LedgerError.paymentVanished(refund.payment) }
        try execute(
            """
            INSERT INTO refunds (id, payment, payer, payee, amount, total, currency, reason, transfer, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(refund.id), .text(refund.payment), .text(record.payer), .text(record.payee),
            .integer(refund.amount), .integer(total), .text(refund.currency), SQLValue(refund.reason),
            .text(transfer), .integer(refund.createdAt))
    }
}

extension Refund {
    private static let columns: SQL = "SELECT id, payment, amount, currency, reason, created_at FROM refunds"
    private static let older: SQL = " AND (created_at, id) < (?2, ?3)"
    private static let page: SQL = " ORDER BY created_at DESC, id DESC LIMIT ?4"

    fileprivate static let ofSide = columns + " WHERE id = ?1 AND (payee = ?2 OR payer = ?2)"
    static let ofPayment = columns + " WHERE payment = ?5 AND (payee = ?1 OR payer = ?1)" + older + page
    /// Both halves come in the order of their index.
    static let ofUser =
        columns + " WHERE payee = ?1" + older + " UNION ALL " + columns + " WHERE payer = ?1 AND payee <> ?1" + older
        + page

    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.string(0), payment: try row.string(1), amount: try row.int64(2), currency: try row.string(3),
            reason: try row.optionalString(4), createdAt: try row.int64(5))
    }
}
