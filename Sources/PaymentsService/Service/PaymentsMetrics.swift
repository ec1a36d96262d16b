import Chassis
import Synchronization

/// What happened with money, counted once it is durable (docs/metrics.md).
///
/// The labels are values of ours: statuses, and currencies of the table.
final class PaymentsMetrics: Sendable {
    private struct Kind: Hashable {
        let status: String
        let currency: String
    }

    private struct BatchKind: Hashable {
        let mode: Batch.Mode
        let isRefused: Bool
    }

    private let payments: CounterTable<Kind>
    private let batches: CounterTable<BatchKind>
    private let authorizations: CounterTable<Kind>
    private let refunds: CounterTable<String>
    private let operations: [ProcessorOperation.Kind: CounterTable<Kind>]
    private let keyed: CounterTable<KeyedResult>
    private let purgedKeys: CounterMetric
    private let callbacks: CounterTable<CallbackResult>

    init(_ registry: MetricsRegistry) {
        payments = CounterTable { kind in
            registry.counter(
                PaymentsMetricSet.declared.payments,
                labels: ["status": kind.status, "currency": kind.currency])
        }
        batches = CounterTable { kind in
            registry.counter(
                PaymentsMetricSet.declared.paymentBatches,
                labels: ["mode": kind.mode.rawValue, "status": kind.isRefused ? "refused" : "done"])
        }
        authorizations = CounterTable { kind in
            registry.counter(
                PaymentsMetricSet.declared.paymentAuthorizationsEnded,
                labels: ["status": kind.status, "currency": kind.currency])
        }
        refunds = CounterTable { currency in
            registry.counter(PaymentsMetricSet.declared.refunds, labels: ["currency": currency])
        }
        let deposits = CounterTable<Kind> { kind in
            registry.counter(
                PaymentsMetricSet.declared.deposits,
                labels: ["status": kind.status, "currency": kind.currency])
        }
        let withdrawals = CounterTable<Kind> { kind in
            registry.counter(
                PaymentsMetricSet.declared.withdrawals,
                labels: ["status": kind.status, "currency": kind.currency])
        }
        operations = [.deposit: deposits, .withdrawal: withdrawals]
        keyed = CounterTable { result in
            registry.counter(
                PaymentsMetricSet.declared.keyedRequests,
                labels: ["result": result.rawValue])
        }
        purgedKeys = registry.counter(PaymentsMetricSet.declared.idempotencyKeysPurged)
        callbacks = CounterTable { result in
            registry.counter(
                PaymentsMetricSet.declared.processorCallbacks,
                labels: ["result": result.rawValue])
        }
        // There from the start, so that a rate has a zero to rise from.
        for result in KeyedResult.allCases { keyed.prepare(result) }
        for result in CallbackResult.allCases { callbacks.prepare(result) }
        for mode in Batch.Mode.allCases { batches.prepare(BatchKind(mode: mode, isRefused: false)) }
        batches.prepare(BatchKind(mode: .atomic, isRefused: true))
        for currency in ["USD", "EUR"] {
            refunds.prepare(currency)
            for status in ["succeeded", "requires_capture", "refused"] {
                payments.prepare(Kind(status: status, currency: currency))
            }
            for status in [Payment.Status.succeeded, .canceled, .expired] {
                authorizations.prepare(Kind(status: status.rawValue, currency: currency))
            }
            for status in ["succeeded", "failed"] {
                for table in operations.values { table.prepare(Kind(status: status, currency: currency)) }
            }
        }
    }

    /// A payment was asked for. Repeated answers do not count again.
    func count(payment outcome: KeyedOutcome, of order: PaymentOrder) {
        guard case .answered(let answer) = outcome else { return }
        let done = order.capture == .manual ? "requires_capture" : "succeeded"
        payments.increment(Kind(status: answer.status < 300 ? done : "refused", currency: order.currency))
    }

    /// A refund was given.
    func count(refundIn currency: String) { refunds.increment(currency) }

    /// The same of a payment of a batch.
    func count(_ item: BatchItem, of order: PaymentOrder) {
        payments.increment(Kind(status: item.hasSucceeded ? "succeeded" : "refused", currency: order.currency))
    }

    /// A batch was asked for. Repeated answers do not count again.
    func count(_ batch: Batch, _ outcome: KeyedOutcome) {
        guard case .answered(let answer) = outcome else { return }
        batches.increment(BatchKind(mode: batch.mode, isRefused: answer.status >= 400))
    }

    /// A payment whose capture is manual was captured, canceled or has expired.
    func count(ended payment: Payment) {
        authorizations.increment(Kind(status: payment.status.rawValue, currency: payment.currency))
    }

    /// A deposit or a withdrawal has come to its end.
    func count(ended operation: ProcessorOperation) {
        operations[operation.kind]?.increment(Kind(status: operation.status.rawValue, currency: operation.currency))
    }

    /// A callback came.
    func count(_ result: CallbackResult) { callbacks.increment(result) }

    /// A request with a key was answered.
    func count(_ outcome: KeyedOutcome) { keyed.increment(KeyedResult(outcome)) }

    /// Keys were removed.
    func count(purgedKeys count: Int) { purgedKeys.increment(by: UInt64(count)) }

    /// A request with a key was answered for the first time.
    func countFirst() { keyed.increment(.first) }
}

/// The label of a ``KeyedOutcome``.
private enum KeyedResult: String, CaseIterable {
    case first, replayed, reused
    case inProgress = "in_progress"
    case notFound = "not_found"

    init(_ outcome: KeyedOutcome) {
        switch outcome {
        case .answered: self = .first
        case .replayed: self = .replayed
        case .reused: self = .reused
        case .inProgress: self = .inProgress
        case .notFound: self = .notFound
        }
    }
}

/// The counters of one name, remembered by what distinguishes them: asking the registry would make texts each time.
private final class CounterTable<Key: Hashable & Sendable>: Sendable {
    private let counters = Mutex<[Key: CounterMetric]>([:])
    private let make: @Sendable (Key) -> CounterMetric

    init(_ make: @escaping @Sendable (Key) -> CounterMetric) { self.make = make }

    func prepare(_ key: Key) { _ = counter(key) }

    func increment(_ key: Key) { counter(key).increment() }

    private func counter(_ key: Key) -> CounterMetric {
        counters.withLock { counters in
            if let counter = counters[key] { return counter }
            let counter = make(key)
            counters[key] = counter
            return counter
        }
    }
}
