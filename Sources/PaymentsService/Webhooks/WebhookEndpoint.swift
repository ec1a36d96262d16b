/// Where a user wants to be told of events.
struct WebhookEndpoint: Sendable, Hashable {
    /// Why it was disabled by us.
    enum DisabledReason: String, Sendable {
        /// Nothing has arrived for days.
        case failing
        /// More deliveries were pending than are kept.
        case backlog
    }

    /// `whe_…`
    let id: String
    let owner: String
    var url: String
    var description: String?
    /// Types of events; nil for all.
    var types: [String]?
    var isEnabled: Bool
    /// Nil when its owner disabled it, or nobody.
    var disabledReason: DisabledReason?
    /// Grows with each change of its owner's.
    var version: Int64
    /// Which secret signs.
    var secretVersion: Int64
    /// Until when the one before signs too, milliseconds since 1970.
    var previousSecretUntil: Int64?
    /// Milliseconds since 1970; nil while deliveries arrive.
    var failingSince: Int64?
    /// Milliseconds since 1970.
    let createdAt: Int64

    /// The versions of the secrets that sign at a time, the newest first.
    func secretVersions(at now: Int64) -> [Int64] {
        guard let until = previousSecretUntil, now < until else { return [secretVersion] }
        return [secretVersion, secretVersion - 1]
    }
}

/// What a request says about an endpoint; nil leaves a member as it is, or at its default.
struct WebhookEndpointOrder: Sendable, Hashable {
    var url: String?
    /// An outer nil leaves it, an inner one removes it.
    var description: String??
    /// An outer nil leaves them, an inner one is all.
    var types: [String]??
    var isEnabled: Bool?
}
