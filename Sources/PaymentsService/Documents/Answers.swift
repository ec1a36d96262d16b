import HTTP
import HTTPTypes

extension Refusal {
    /// The refusal as clients read it.
    var problem: Problem {
        switch self {
        case .accountNotFound, .paymentNotFound:
            .notFound
        case .notThePayee:
            Problem(.forbidden, "not_the_payee", detail: "Only who receives the payment can do this.")
        case .notCapturable(.expired):
            Problem(.conflict, "authorization_expired", detail: "The payment was not captured in time.")
        case .notCapturable(let status):
            Problem(.conflict, "payment_not_capturable", detail: "The payment is \(status.rawValue).")
        case .notCancelable(let status):
            Problem(.conflict, "payment_not_cancelable", detail: "The payment is \(status.rawValue).")
        case .captureTooLarge:
            Problem(
                .unprocessableContent, "capture_too_large", detail: "No more can be captured than was authorised.")
        case .insufficientFunds:
            Problem(
                Self.paymentRequired, "insufficient_funds", detail: "The account does not have that much available.")
        case .sameAccount:
            Problem(.unprocessableContent, "same_account", detail: "Source and destination are the same account.")
        case .accountClosed:
            Problem(.conflict, "account_closed", detail: "The account is closed.")
        case .accountFrozen:
            Problem(.conflict, "account_frozen", detail: "The account is frozen: it receives, and pays nothing.")
        case .frozenBySupport:
            Problem(.conflict, "account_frozen", detail: "Support has frozen the account. Ask them.")
        case .ownAccount:
            Problem(.conflict, "own_account", detail: "Somebody else has to do this to your account.")
        case .moneyLeft:
            Problem(.conflict, "money_left", detail: "There is money left in the account, or on its way to or from it.")
        case .payeeAccountClosed:
            Problem(.unprocessableContent, "account_closed", detail: "The payee's account is closed.")
        case .userClosed:
            Problem(.conflict, "account_closed", detail: "All accounts of this user are closed for good.")
        case .currencyMismatch:
            Problem(
                .unprocessableContent, "currency_mismatch", detail: "Both accounts must hold the payment's currency.")
        case .notRefundable(let status):
            Problem(.conflict, "payment_not_refundable", detail: "The payment is \(status.rawValue).")
        case .alreadyRefunded:
            Problem(.conflict, "already_refunded", detail: "All of the payment was refunded.")
        case .refundTooLarge:
            Problem(
                .unprocessableContent, "refund_too_large",
                detail: "No more can be refunded than is left of what was captured.")
        case .tooManyPayments:
            Problem(
                .unprocessableContent, "payment_limit_exceeded",
                detail: "There were as many payments today as there may be in a day (UTC).")
        case .tooMuchPaid:
            Problem(
                .unprocessableContent, "amount_limit_exceeded",
                detail: "More would be paid today than may be in a day (UTC).")
        case .unknownPayee:
            Problem(.unprocessableContent, "unknown_payee", detail: "There is no such payee.")
        case .payeeHasNoAccount:
            Problem(
                .unprocessableContent, "payee_has_no_account", detail: "The payee has no account of this currency.")
        case .balanceLimit:
            Problem(
                .unprocessableContent, "balance_limit_exceeded", detail: "An account cannot hold that much money.")
        case .cardDeclined(let reason):
            Problem(Self.paymentRequired, "card_declined", detail: "The card was declined.").because(reason)
        case .withdrawalDeclined(let reason):
            Problem(.unprocessableContent, "withdrawal_declined", detail: "The bank account takes no money.")
                .because(reason)
        }
    }

    /// 402 (RFC 9110 §15.5.3).
    private static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
}

extension StoredAnswer {
    /// A refusal, named after the request that was refused.
    init(_ refusal: Refusal, _ occurrence: Occurrence, location: String? = nil) {
        let problem = refusal.problem
        self.init(
            status: problem.status.code,
            body: problem.body(instance: occurrence.requestID, traceID: occurrence.traceID), location: location)
    }

    /// How far an operation has come: 201 when the money has moved, 202 while that is open, 402 when a card was
    /// declined, 422 when a bank account was.
    init(_ operation: ProcessorOperation) {
        let location = "\(operation.kind.collection)/\(operation.id)"
        if let refusal = operation.refusal {
            self.init(refusal, operation.occurrence, location: location)
        } else {
            self.init(
                status: operation.status == .processing ? 202 : 201, body: operation.json, location: location)
        }
    }

    /// The answer as it is sent.
    func response(replayed: Bool) -> Response {
        var fields: HTTPFields = [:]
        fields[.contentType] = status >= 400 ? "application/problem+json" : "application/json"
        fields[.location] = location
        if replayed { fields[.idempotentReplayed] = "true" }
        return Response(status: .init(code: status), fields: fields, body: .bytes(body))
    }
}

extension KeyedOutcome {
    /// The answer to send.
    ///
    /// - Throws: `Problem` 404, 409 `idempotency_in_progress`, 422 `idempotency_key_reused`.
    func response() throws(Problem) -> Response {
        switch self {
        case .answered(let answer): return answer.response(replayed: false)
        case .replayed(let answer): return answer.response(replayed: true)
        case .notFound: throw .notFound
        case .inProgress:
            throw Problem(
                .conflict, "idempotency_in_progress", detail: "The request with this key has not been answered yet.",
                fields: [.retryAfter: "1"])
        case .reused:
            throw Problem(
                .unprocessableContent, "idempotency_key_reused", detail: "The key belongs to a different request.")
        }
    }
}

extension ProcessorOperation {
    /// What a failed one is answered with.
    fileprivate var refusal: Refusal? {
        guard status == .failed else { return nil }
        let reason = failure ?? "unknown"
        switch kind {
        case .deposit: return .cardDeclined(reason: reason)
        case .withdrawal: return .withdrawalDeclined(reason: reason)
        }
    }
}

extension Problem {
    /// With the processor's reason as a member of its own.
    fileprivate func because(_ reason: String) -> Problem {
        var problem = self
        problem.members["reason"] = reason
        return problem
    }

    /// The document alone, to be kept.
    func body(instance: String, traceID: String) -> [UInt8] {
        guard case .bytes(let bytes) = response(instance: instance, traceID: traceID).body else { return [] }
        return bytes
    }
}

extension HTTPField.Name {
    /// Says that an answer was given before (Stripe's name, in use elsewhere).
    static let idempotentReplayed = Self("Idempotent-Replayed")!
    /// draft-ietf-httpapi-idempotency-key-header
    static let idempotencyKey = Self("Idempotency-Key")!
}
