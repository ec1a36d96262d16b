@testable import PaymentsService

/// What the ledger should hold and answer, in so few words that they can be checked by reading.
///
/// Every method says whether the ledger must do it, and has its effect only then.
struct LedgerModel {
    struct AccountState {
        let owner: String
        let currency: String
        var posted: Int64 = 0
        /// On its way in, and on its way out.
        var incoming: Int64 = 0, reserved: Int64 = 0
        var status = Account.Status.open

        var available: Int64 { posted - reserved }
        var isEmpty: Bool { posted == 0 && incoming == 0 && reserved == 0 }
    }

    struct PaymentState {
        let source: String
        let payee: String
        let amount: Int64
        var captured: Int64 = 0
        var status = Payment.Status.requiresCapture
        let expiresAt: Int64
    }

    struct OperationState {
        let kind: ProcessorOperation.Kind
        let account: String
        let amount: Int64
        var status = ProcessorOperation.Status.processing
    }

    /// Minor units for each payment to somebody else, in these currencies.
    static let fees: [String: Int64] = ["JPY": 3]

    var accounts: [String: AccountState] = [:]
    var payments: [String: PaymentState] = [:]
    var operations: [String: OperationState] = [:]
    var collected: [String: Int64] = [:]

    // MARK: - Payments

    /// The status of the answer to a payment, automatic or manual; nil when the payer has no such account.
    func statusOfPayment(
        by owner: String, from source: String, to payee: String, _ amount: Int64, _ currency: String
    ) -> Int? {
        if source == payee { return 422 }
        guard let from = accounts[source], from.owner == owner else { return nil }
        guard let to = accounts[payee], from.currency == currency, to.currency == currency else { return 422 }
        if from.status != .open { return 409 }
        if to.status == .closed { return 422 }
        return from.available < amount ? 402 : 201
    }

    mutating func pay(_ payment: PaymentState, id: String, isManual: Bool) {
        payments[id] = payment
        accounts[payment.source]!.reserved += payment.amount
        accounts[payment.payee]!.incoming += payment.amount
        if !isManual { end(id, as: .succeeded, captured: payment.amount) }
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
        payments[id]!.status = status
        payments[id]!.captured = captured
        accounts[payment.source]!.reserved -= payment.amount
        accounts[payment.payee]!.incoming -= payment.amount
        accounts[payment.source]!.posted -= captured
        accounts[payment.payee]!.posted += captured
        let (from, to) = (accounts[payment.source]!, accounts[payment.payee]!)
        guard from.owner != to.owner, let fee = Self.fees[to.currency] else { return }
        accounts[payment.payee]!.posted -= min(fee, captured)
        collected[to.currency, default: 0] += min(fee, captured)
    }

    // MARK: - The processor

    mutating func start(_ operation: OperationState, by owner: String) -> Bool {
        guard let account = accounts[operation.account], account.owner == owner else { return false }
        switch operation.kind {
        case .deposit:
            guard account.status != .closed else { return false }
            accounts[operation.account]!.incoming += operation.amount
        case .withdrawal:
            guard account.status == .open, account.available >= operation.amount else { return false }
            accounts[operation.account]!.reserved += operation.amount
        }
        return true
    }

    mutating func advance(_ id: String, by outcome: ProcessorOutcome) {
        let operation = operations[id]!
        guard operation.status == .processing else { return }
        let hasMoved = outcome == .succeeded
        switch outcome {
        case .pending, .unknown: return
        case .succeeded: operations[id]!.status = .succeeded
        case .declined: operations[id]!.status = .failed
        }
        switch operation.kind {
        case .deposit:
            accounts[operation.account]!.incoming -= operation.amount
            if hasMoved { accounts[operation.account]!.posted += operation.amount }
        case .withdrawal:
            accounts[operation.account]!.reserved -= operation.amount
            if hasMoved { accounts[operation.account]!.posted -= operation.amount }
        }
    }

    // MARK: - Accounts

    mutating func act(_ act: Account.Act, on id: String) -> Bool {
        let account = accounts[id]!
        switch (act, account.status) {
        case (.close, .closed): return true
        case (_, .closed): return false
        case (.freeze, _): accounts[id]!.status = .frozen
        case (.unfreeze, _): accounts[id]!.status = .open
        case (.close, _):
            guard account.isEmpty else { return false }
            accounts[id]!.status = .closed
        }
        return true
    }
}
