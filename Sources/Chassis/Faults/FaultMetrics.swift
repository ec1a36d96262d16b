/// `tollgate_faults_active` and `tollgate_faults_injected_total`: there as soon as the lab is on, at 0.
struct FaultMetrics: Sendable {
    private let active: [FaultKind: GaugeMetric]
    private let injected: [FaultKind: CounterMetric]

    init(_ registry: MetricsRegistry) {
        active = Dictionary(
            uniqueKeysWithValues: FaultKind.allCases.map {
                ($0, registry.gauge(ChassisMetricSet.declared.activeFaults, labels: ["kind": $0.rawValue]))
            })
        injected = Dictionary(
            uniqueKeysWithValues: FaultKind.allCases.map {
                ($0, registry.counter(ChassisMetricSet.declared.injectedFaults, labels: ["kind": $0.rawValue]))
            })
    }

    func show(_ kind: FaultKind, active count: Int) { active[kind]?.set(count) }

    func struck(_ kind: FaultKind) { injected[kind]?.increment() }
}
