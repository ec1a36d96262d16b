import Chassis
import Storage

/// Everything that is kept: one method per operation, each of them one transaction.
struct PaymentsStore: Sendable {
    let database: any Database
    let identifiers: any IdentifierGenerator
    let clock: any WallClock
    /// What is to be kept to beside the ledger's own rules.
    var rules = PaymentRules()
    /// What was done is counted here, once it is durable.
    var metrics = PaymentsMetrics(MetricsRegistry())
}
