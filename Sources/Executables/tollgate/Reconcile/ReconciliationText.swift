import PaymentsService

/// What `tollgate reconcile` prints.
enum ReconciliationText {
    /// `state_differs wdr_…:payout  ledger: 2500 USD succeeded  processor: 2500 USD declined`
    static func line(_ difference: Difference) -> String {
        "\(difference.kind.rawValue) \(difference.key)  ledger: \(side(difference.ledger))  "
            + "processor: \(side(difference.processor))"
    }

    static func summary(_ reconciliation: Reconciliation) -> String {
        let differing = reconciliation.differences.count + reconciliation.omitted
        let more = reconciliation.omitted > 0 ? " (\(reconciliation.omitted) of them not listed)" : ""
        return
            "\(reconciliation.compared) orders compared, \(reconciliation.inFlight) under way, \(differing) differ\(more)"
    }

    private static func side(_ settlement: Settlement?) -> String {
        guard let settlement else { return "none" }
        return
            "\(settlement.kind.rawValue) of \(settlement.amount) \(settlement.currency), \(settlement.state.rawValue)"
    }
}
