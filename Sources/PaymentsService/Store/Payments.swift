import Chassis
import Storage

/// Who receives, once user-service has been asked where that was needed.
enum ResolvedPayee: Sendable, Hashable {
    case account(String)
    /// A user's id; the first account of the currency receives.
    case user(String)
}

extension PaymentsStore {
    /// Pays, or reserves what is to be paid: the key, the money, the payment and the event are one transaction of eleven
    /// statements; fees and limits need more, where there are any.
    func pay(_ order: PaymentOrder, to payee: ResolvedPayee, for request: KeyedRequest) async throws -> KeyedOutcome {
        let now = clock.now
        let rules = rules
        let ids = PaymentIdentifiers(identifiers, under: rules, order)
        return try await database.write { transaction in
            try transaction.once(request, at: now) {
                try transaction.pay(order, to: payee, by: request.subject, under: rules, ids: ids, at: now)
            }
        }
    }

    /// The payment, when `user` is one of its two sides.
    func payment(_ id: String, of user: String) async throws -> Payment? {
        try await database.lookup { reader in try reader.payment(id, of: user)?.payment }
    }

    /// Greater than every id: where a list without a cursor starts.
    static let afterEveryID = "~"
}

/// Ids are made before the writer's turn: it is the one resource that all requests share.
struct PaymentIdentifiers {
    let payment: String
    let transfer: String
    let fee: String
    let event: String

    init(_ generator: any IdentifierGenerator, under rules: PaymentRules, _ order: PaymentOrder) {
        payment = generator.make("pay")
        transfer = generator.make("trf")
        fee = rules.fees.rules[order.currency] == nil ? "" : generator.make("trf")
        event = generator.make("evt")
    }
}

extension Transaction {
    /// A payment inside the caller's transaction. What it refuses has changed nothing.
    func pay(
        _ order: PaymentOrder, to payee: ResolvedPayee, by subject: String, under rules: PaymentRules,
        ids: PaymentIdentifiers, at now: Int64
    ) throws -> Result<StoredAnswer, Refusal> {
        let ledger = Ledger(transaction: self)
        guard let destination = try ledger.account(of: payee, in: order.currency) else {
            return .failure(.payeeHasNoAccount)
        }
        let transfer = Transfer(
            id: ids.transfer, debitAccount: order.source, creditAccount: destination, amount: order.amount,
            currency: order.currency, createdAt: now)
        if let refusal = try refusal(of: order, by: subject, under: rules, at: now) { return .failure(refusal) }
        let moved =
            switch order.capture {
            case .automatic: try ledger.move(transfer, ownedBy: subject)
            case .manual: try ledger.reserve(transfer, ownedBy: subject)
            }
        let payee: String
        switch moved {
        case .failure(let refusal): return .failure(refusal)
        case .success(let owner): payee = owner
        }
        var payment = Payment(id: ids.payment, order, transfer, under: rules)
        if order.capture == .automatic, payee != subject {
            payment.fee = rules.fees.fee(on: payment.captured, in: payment.currency)
            try ledger.collect(payment.fee, of: transfer, id: ids.fee)
        }
        if rules.limits.concern(order.currency) {
            try count(order.amount, in: order.currency, of: subject, on: PaymentsStore.day(of: now))
        }
        let document = payment.json
        try insert(PaymentRecord(payment: payment, payer: subject, payee: payee, transfer: transfer.id))
        try insert(
            Event(
                id: ids.event, type: Event.Kind(payment.status), owner: subject, otherOwner: payee, data: document,
                createdAt: now))
        return .success(StoredAnswer(status: 201, body: document, location: "/v1/payments/\(payment.id)"))
    }

    /// Why the operator's rules do not let a payment be. Without a rule it asks nothing.
    private func refusal(
        of order: PaymentOrder, by subject: String, under rules: PaymentRules, at now: Int64
    ) throws -> Refusal? {
        if rules.limits.concern(order.currency) {
            let totals = try totals(of: subject, on: PaymentsStore.day(of: now))
            if let refusal = rules.limits.refusal(of: order.amount, in: order.currency, after: totals) {
                return refusal
            }
        }
        let fee = rules.fees.fee(on: order.amount, in: order.currency)
        guard fee > 0, order.capture == .automatic else { return nil }
        return try Ledger(transaction: self).canCollect(fee, in: order.currency) ? nil : .balanceLimit
    }

    private func insert(_ record: PaymentRecord) throws {
        let payment = record.payment
        try execute(
            """
            INSERT INTO payments (id, status, source, destination, source_owner, destination_owner, amount, currency,
                description, transfer, created_at, capture, captured, expires_at, fee, metadata)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(payment.id), .text(payment.status.rawValue), .text(payment.source), .text(payment.destination),
            .text(record.payer), .text(record.payee), .integer(payment.amount), .text(payment.currency),
            SQLValue(payment.description), .text(record.transfer), .integer(payment.createdAt),
            .text(payment.capture.rawValue), .integer(payment.captured), SQLValue(payment.expiresAt),
            .integer(payment.fee), SQLValue(payment.metadata?.text))
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
    /// A payment whose money `transfer` has moved or reserved.
    fileprivate init(id: String, _ order: PaymentOrder, _ transfer: Transfer, under rules: PaymentRules) {
        let isDone = order.capture == .automatic
        self.init(
            id: id, status: isDone ? .succeeded : .requiresCapture, capture: order.capture,
            source: transfer.debitAccount, destination: transfer.creditAccount, amount: transfer.amount,
            captured: isDone ? transfer.amount : 0, currency: transfer.currency, description: order.description,
            metadata: order.metadata, createdAt: transfer.createdAt,
            expiresAt: isDone ? nil : transfer.createdAt + rules.authorizationLifetime)
    }
}
