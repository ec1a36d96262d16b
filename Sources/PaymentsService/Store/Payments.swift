import Chassis
import Storage

/// Who receives, once user-service has been asked where that was needed.
enum ResolvedPayee: Sendable, Hashable {
    case account(String)
    /// A user's id; the first account of the currency receives.
    case user(String)
}

extension PaymentsStore {
    /// Pays: the key, the money, the payment and the event are one transaction of eight statements.
    func pay(_ order: PaymentOrder, to payee: ResolvedPayee, for request: KeyedRequest) async throws -> KeyedOutcome {
        let now = clock.now
        let ids = PaymentIdentifiers(identifiers)
        return try await database.write { transaction in
            try transaction.once(request, at: now) {
                try transaction.pay(order, to: payee, by: request.subject, ids: ids, at: now)
            }
        }
    }

    /// The payment, when `user` is one of its two sides.
    func payment(_ id: String, of user: String) async throws -> Payment? {
        try await database.lookup { reader in
            try reader.first(
                """
                SELECT id, status, source, destination, amount, currency, description, created_at
                FROM payments WHERE id = ?1 AND (source_owner = ?2 OR destination_owner = ?2)
                """, .text(id), .text(user), map: Payment.init)
        }
    }

    /// The payments that `user` made or received, newest first, older than `before`.
    func payments(of user: String, before: String?, limit: Int) async throws -> [Payment] {
        // Both halves come in the order of their index, so that the union is a merge which reads `limit` rows. A
        // payment between two accounts of one user is in the first half only.
        try await database.read { reader in
            try reader.all(
                """
                SELECT id, status, source, destination, amount, currency, description, created_at
                FROM payments WHERE source_owner = ?1 AND id < ?2
                UNION ALL
                SELECT id, status, source, destination, amount, currency, description, created_at
                FROM payments WHERE destination_owner = ?1 AND source_owner <> ?1 AND id < ?2
                ORDER BY id DESC LIMIT ?3
                """, .text(user), .text(before ?? Self.afterEveryID), .integer(Int64(limit)), map: Payment.init)
        }
    }

    /// Greater than every id: where a list without a cursor starts.
    static let afterEveryID = "~"
}

/// Ids are made before the writer's turn: it is the one resource that all requests share.
private struct PaymentIdentifiers {
    let payment: String
    let transfer: String
    let event: String

    init(_ generator: any IdentifierGenerator) {
        payment = generator.make("pay")
        transfer = generator.make("trf")
        event = generator.make("evt")
    }
}

extension Transaction {
    fileprivate func pay(
        _ order: PaymentOrder, to payee: ResolvedPayee, by subject: String, ids: PaymentIdentifiers, at now: Int64
    ) throws -> Result<StoredAnswer, Refusal> {
        let ledger = Ledger(transaction: self)
        guard let destination = try ledger.account(of: payee, in: order.currency) else {
            return .failure(.payeeHasNoAccount)
        }
        let transfer = Transfer(
            id: ids.transfer, debitAccount: order.source, creditAccount: destination, amount: order.amount,
            currency: order.currency, createdAt: now)
        switch try ledger.move(transfer, ownedBy: subject) {
        case .failure(let refusal):
            return .failure(refusal)
        case .success(let payeeOwner):
            let payment = Payment(id: ids.payment, transfer: transfer, description: order.description)
            let document = payment.json
            try insert(payment, transfer: transfer.id, from: subject, to: payeeOwner)
            try insert(
                Event(
                    id: ids.event, type: .paymentSucceeded, owner: subject, otherOwner: payeeOwner, data: document,
                    createdAt: now))
            return .success(StoredAnswer(status: 201, body: document, location: "/v1/payments/\(payment.id)"))
        }
    }

    private func insert(_ payment: Payment, transfer: String, from owner: String, to payee: String) throws {
        try execute(
            """
            INSERT INTO payments (id, status, source, destination, source_owner, destination_owner, amount, currency,
                description, transfer, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(payment.id), .text(payment.status.rawValue), .text(payment.source), .text(payment.destination),
            .text(owner), .text(payee), .integer(payment.amount), .text(payment.currency),
            SQLValue(payment.description), .text(transfer), .integer(payment.createdAt))
    }
}

extension Ledger {
    fileprivate func account(of payee: ResolvedPayee, in currency: String) throws -> String? {
        switch payee {
        case .account(let id): id
        case .user(let owner): try receivingAccount(of: owner, in: currency)
        }
    }
}

extension Payment {
    init(id: String, transfer: Transfer, description: String?) {
        self.init(
            id: id, status: .succeeded, source: transfer.debitAccount, destination: transfer.creditAccount,
            amount: transfer.amount, currency: transfer.currency, description: description,
            createdAt: transfer.createdAt)
    }

    fileprivate init(_ row: Row) throws {
        let status = try row.string(1)
        guard let status = Status(rawValue: status) else { throw UnknownStatus(text: status) }
        self.init(
            id: try row.string(0), status: status, source: try row.string(2), destination: try row.string(3),
            amount: try row.int64(4), currency: try row.string(5), description: try row.optionalString(6),
            createdAt: try row.int64(7))
    }
}

/// A row holds a status that this program does not know.
struct UnknownStatus: Error, Sendable {
    let text: String
}
