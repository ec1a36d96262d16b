/// The `traces_…` metrics (docs/metrics.md).
final class TraceMetrics: Sendable {
    /// Why spans were not exported.
    enum Loss: String, CaseIterable {
        /// The queue was full.
        case queueFull = "queue_full"
        /// The collector did not take the batch in time.
        case notExported = "not_exported"
        /// It took the batch, but not them.
        case rejected
        /// The process stopped first.
        case stopped
    }

    /// How a request to the collector ended.
    enum Result: String, CaseIterable {
        case accepted
        case refused
        case busy
        case noAnswer = "no_answer"
    }

    private let exported: CounterMetric
    private let losses: [Loss: CounterMetric]
    private let requests: [Result: CounterMetric]

    init(_ registry: MetricsRegistry) {
        let declared = ChassisMetricSet.declared
        exported = registry.counter(declared.exportedSpans)
        let losses = Loss.allCases.map { ($0, registry.counter(declared.lostSpans, labels: ["reason": $0.rawValue])) }
        self.losses = Dictionary(uniqueKeysWithValues: losses)
        let requests = Result.allCases.map {
            ($0, registry.counter(declared.exportRequests, labels: ["result": $0.rawValue]))
        }
        self.requests = Dictionary(uniqueKeysWithValues: requests)
    }

    func exported(_ spans: Int) { exported.increment(by: UInt64(spans)) }

    func lost(_ spans: Int, _ loss: Loss) { losses[loss]?.increment(by: UInt64(spans)) }

    func sent(_ outcome: ExportSchedule.Outcome) {
        let result: Result =
            switch outcome {
            case .noAnswer: .noAnswer
            case .status(200..<300, _): .accepted
            case .status(429, _), .status(502...504, _): .busy
            case .status: .refused
            }
        requests[result]?.increment()
    }

    /// Reads the queue and the ring before each exposition.
    func collect(_ queue: SpanQueue?, _ ring: TraceRing?, into registry: MetricsRegistry) {
        let declared = ChassisMetricSet.declared
        let waiting = registry.gauge(declared.queuedSpans)
        let kept = registry.gauge(declared.ringTraces)
        let bytes = registry.gauge(declared.ringBytes)
        let last = SeenCount()
        registry.onCollect { [self] in
            waiting.set(queue?.count ?? 0)
            let size = ring?.size ?? (count: 0, bytes: 0)
            kept.set(size.count)
            bytes.set(size.bytes)
            losses[.queueFull]?.increment(by: last.growth(to: queue?.dropped ?? 0))
        }
    }
}
