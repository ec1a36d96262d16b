/// One event on its way to one endpoint.
struct WebhookDelivery: Sendable, Hashable {
    enum Status: String, Sendable, CaseIterable {
        /// It is tried until it arrives or expires.
        case pending
        case delivered
        /// A dead letter: it was given up. It can be sent again.
        case dead
    }

    /// `whd_…`
    let id: String
    let endpoint: String
    /// `evt_…`
    let event: String
    let type: String
    var status: Status
    var attempts: Int
    /// When it is tried next, while it is pending. Milliseconds since 1970, like all times here.
    var nextAttemptAt: Int64?
    /// When it is given up.
    var expiresAt: Int64
    var lastAttemptAt: Int64?
    /// The status of the last answer; nil when there was none.
    var responseStatus: Int?
    /// Why the last attempt failed, as a stable name.
    var failure: String?
    let createdAt: Int64
    var finishedAt: Int64?
    /// The position of the write that the event comes from, as a `traceparent`; nil when that was not traced.
    var trace: String?
}

/// How one attempt to deliver ended.
struct DeliveryAttempt: Sendable, Hashable {
    /// The status of the answer; nil when there was none.
    var responseStatus: Int?
    /// Why it failed; nil when it arrived.
    var failure: String?
    /// For how long the receiver asked to be left alone, in milliseconds; 0 when it did not.
    var leftAlone: Int64 = 0

    static func answered(_ status: Int, leftAlone: Int64 = 0) -> DeliveryAttempt {
        DeliveryAttempt(
            responseStatus: status, failure: (200..<300).contains(status) ? nil : "status_\(status / 100)xx",
            leftAlone: leftAlone)
    }

    static func failed(_ reason: String) -> DeliveryAttempt { DeliveryAttempt(responseStatus: nil, failure: reason) }

    var hasArrived: Bool { failure == nil }
}
