import Storage

/// Something that happened, kept with its cause in one transaction, for whoever is to be told.
struct Event: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case paymentSucceeded = "payment.succeeded"
        case depositSucceeded = "deposit.succeeded"
        case depositFailed = "deposit.failed"
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
        try execute(
            "INSERT INTO outbox (id, type, owner, other_owner, data, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            .text(event.id), .text(event.type.rawValue), .text(event.owner),
            SQLValue(event.otherOwner == event.owner ? nil : event.otherOwner), .blob(event.data),
            .integer(event.createdAt))
    }
}
