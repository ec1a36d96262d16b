import Chassis

/// A processor for tests and demonstrations: the name of the card decides.
///
/// It keeps no state. A slow charge is final when it is old enough, so that its answers stay the same through any
/// number of crashes of the process that it runs in.
struct SandboxProcessor: CardProcessor {
    /// The cards that it knows.
    enum Card: String, CaseIterable {
        /// Charged at once.
        case ok = "card_ok"
        /// Refused at once.
        case declined = "card_declined"
        /// Charged, but only some time later.
        case slow = "card_slow"
    }

    let clock: any WallClock
    /// Age at which a slow charge is done.
    let slowMilliseconds: Int64

    func charge(_ charge: Charge) async -> ChargeOutcome {
        switch Card(rawValue: charge.source) {
        case .ok: .succeeded
        case .declined: .declined(reason: "declined_by_issuer")
        case .slow: clock.now - charge.requestedAt >= slowMilliseconds ? .succeeded : .pending
        case nil: .declined(reason: "unknown_card")
        }
    }
}
