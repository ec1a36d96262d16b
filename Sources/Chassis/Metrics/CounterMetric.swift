import Synchronization

/// A number that only grows. Adding is one relaxed atomic instruction.
public final class CounterMetric: Sendable {
    private let count = Atomic<UInt64>(0)

    init() {}

    /// Adds `amount` (1 unless given).
    public func increment(by amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

    /// The number so far.
    public var value: UInt64 { count.load(ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }
}
