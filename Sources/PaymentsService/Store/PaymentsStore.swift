import Chassis
import Storage

/// Everything that is kept: one method per operation, each of them one transaction.
struct PaymentsStore: Sendable {
    let database: any Database
    let identifiers: any IdentifierGenerator
    let clock: any WallClock
    /// What was done is counted here, once it is durable.
    var metrics = PaymentsMetrics(MetricsRegistry())
}
