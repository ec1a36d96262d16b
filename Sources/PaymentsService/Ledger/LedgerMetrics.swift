import Chassis
import Storage

/// Whether the books balance, as a number that somebody can be woken by.
struct LedgerMetrics: Sendable {
    private let registry: MetricsRegistry
    private let checked: GaugeMetric

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        checked = registry.gauge(PaymentsMetricSet.declared.ledgerChecked)
        // There from the start, so that an alert can tell a balanced ledger from one that nobody looks at.
        for currency in ["USD", "EUR"] { gauge(currency).set(0) }
    }

    func show(_ sums: [String: Int64], at now: Int64) {
        for (currency, sum) in sums { gauge(currency).set(Double(sum)) }
        checked.set(Double(now) / 1_000)
    }

    private func gauge(_ currency: String) -> GaugeMetric {
        registry.gauge(PaymentsMetricSet.declared.ledgerImbalance, labels: ["currency": currency])
    }
}

extension PaymentsStore {
    /// The sum of the posted balances of all accounts by currency, in minor units: 0, for what one account has another
    /// owes. Reads the accounts, not their entries; the trial balance does that, which nobody can ask for each minute.
    func ledgerSums() async throws -> [String: Int64] {
        try await database.read { reader in
            let sums = try reader.all(
                "SELECT currency, SUM(credits_posted - debits_posted) FROM accounts GROUP BY currency"
            ) { (try $0.string(0), try $0.int64(1)) }
            return Dictionary(uniqueKeysWithValues: sums)
        }
    }
}
