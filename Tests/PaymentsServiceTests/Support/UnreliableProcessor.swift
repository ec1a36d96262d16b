import Synchronization
import TestSupport

@testable import PaymentsService

/// A processor that decides at its first sight of a key, and then says so, or that it is not finished, or nothing that can
/// be understood. What it decides follows from the seed and the key alone, however its calls are mixed.
final class UnreliableProcessor: Processor {
    private let seed: UInt64
    private let calls = Mutex<[String: Int]>([:])
    private let orders = Mutex<[String: ProcessorOrder]>([:])

    init(seed: UInt64) { self.seed = seed }

    func objection(to instrument: String, for kind: ProcessorOrder.Kind) -> String? { nil }

    func submit(_ order: ProcessorOrder) async -> ProcessorOutcome {
        let call = calls.withLock { calls in
            calls[order.key, default: 0] += 1
            return calls[order.key] ?? 0
        }
        let first = orders.withLock { orders in
            if orders[order.key] == nil { orders[order.key] = order }
            return orders[order.key]
        }
        // A key that came with something else before would be a defect of ours.
        guard first == order else { return .unknown }
        var generator = SeededGenerator(seed: mixed(order.key) &+ UInt64(call))
        return generator.chance(0.45) ? truth(order.key) : generator.chance(0.5) ? .pending : .unknown
    }

    /// How the order ends.
    func truth(_ key: String) -> ProcessorOutcome {
        var generator = SeededGenerator(seed: mixed(key))
        return generator.chance(0.7) ? .succeeded : .declined(reason: "no")
    }

    /// The callback that tells it.
    func callback(_ order: ProcessorOrder) -> ProcessorCallback {
        let isDeclined = truth(order.key) != .succeeded
        return ProcessorCallback(
            id: "cb", key: order.key, amount: order.amount, currency: order.currency,
            status: isDeclined ? .declined : .succeeded, reason: isDeclined ? "no" : nil)
    }

    /// What was ever submitted.
    var known: [ProcessorOrder] { orders.withLock { $0.values.sorted { $0.key < $1.key } } }

    private func mixed(_ key: String) -> UInt64 {
        // FNV-1a: the same in every process, unlike `hashValue`.
        key.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
