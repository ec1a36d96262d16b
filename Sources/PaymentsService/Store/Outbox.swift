import HTTP
import Spans
import Storage

/// Something that happened, kept with its cause in one transaction, for whoever is to be told.
struct Event: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case paymentRequiresCapture = "payment.requires_capture"
        case paymentSucceeded = "payment.succeeded"
        case paymentCanceled = "payment.canceled"
        case paymentExpired = "payment.expired"
        case refundSucceeded = "refund.succeeded"
        case depositSucceeded = "deposit.succeeded"
        case depositFailed = "deposit.failed"
        case withdrawalSucceeded = "withdrawal.succeeded"
        case withdrawalFailed = "withdrawal.failed"

        /// What a payment says that has come to a status.
        init(_ status: Payment.Status) {
            switch status {
            case .requiresCapture: self = .paymentRequiresCapture
            case .succeeded: self = .paymentSucceeded
            case .canceled: self = .paymentCanceled
            case .expired: self = .paymentExpired
            }
        }
    }

    /// `evt_…`
    let id: String
    let type: Kind
    /// The users that it concerns.
    let owner: String
    var otherOwner: String?
    /// The object as it was when it happened, as JSON.
    let data: [UInt8]
    /// Milliseconds since 1970.
    let createdAt: Int64
}

extension Transaction {
    func insert(_ event: Event) throws {
        let span = ActiveSpan.current?.begin(.event)
        defer { span?.end() }
        span?.record.set(.eventType, text: event.type.rawValue, of: span?.index ?? -1)
        span?.record.set(.messageID, text: event.id, of: span?.index ?? -1)
        try execute(
            "INSERT INTO outbox (id, type, owner, other_owner, data, created_at, trace) VALUES (?, ?, ?, ?, ?, ?, ?)",
            .text(event.id), .text(event.type.rawValue), .text(event.owner),
            SQLValue(event.otherOwner == event.owner ? nil : event.otherOwner), .blob(event.data),
            .integer(event.createdAt), SQLValue(Self.position(of: span)))
    }

    /// A link to a trace that nobody keeps would lead nowhere.
    private static func position(of span: ActiveSpan?) -> String? {
        guard let span, span.record.isSampled else { return nil }
        return TraceContext(span).traceparent
    }
}
